-- Who a person is elsewhere, and accounts that were made one.
ALTER TABLE users DROP CONSTRAINT users_status_check;
ALTER TABLE users ADD CONSTRAINT users_status_check CHECK (status IN ('active', 'disabled', 'merged'));
COMMENT ON COLUMN users.status IS 'merged: another account has taken its place; delete_at tells until when that can be undone';

CREATE TABLE identities (
    id           UUID NOT NULL CONSTRAINT identities_pkey PRIMARY KEY,
    user_id      UUID NOT NULL CONSTRAINT identities_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    provider     TEXT NOT NULL,
    subject      TEXT NOT NULL,
    union_id     TEXT,
    nickname     TEXT,
    avatar_url   TEXT,
    email        TEXT,
    tokens       BYTEA,
    linked_at    TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT identities_provider_subject_key UNIQUE (provider, subject)
);
CREATE UNIQUE INDEX identities_provider_union_id_key ON identities (provider, union_id) WHERE union_id IS NOT NULL;
-- The last of the three, and so the last to be checked: that the person is bound at all is told first.
ALTER TABLE identities ADD CONSTRAINT identities_user_id_provider_key UNIQUE (user_id, provider);

CREATE TABLE merges (
    id             UUID NOT NULL CONSTRAINT merges_pkey PRIMARY KEY,
    kept_user_id   UUID NOT NULL CONSTRAINT merges_kept_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    merged_user_id UUID NOT NULL CONSTRAINT merges_merged_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    at             TIMESTAMPTZ NOT NULL,
    undo_until     TIMESTAMPTZ NOT NULL,
    undone_at      TIMESTAMPTZ,
    record         BYTEA NOT NULL
);
CREATE INDEX merges_kept_user_id_idx ON merges (kept_user_id);
CREATE INDEX merges_merged_user_id_idx ON merges (merged_user_id);
COMMENT ON COLUMN identities.subject IS 'who the person is at the provider: openid, uid, sub';
COMMENT ON COLUMN identities.union_id IS 'the same person in all applications of one owner; null where the provider withholds it';
COMMENT ON COLUMN identities.email IS 'attested by the provider; null otherwise';
COMMENT ON COLUMN identities.tokens IS 'sealed: what the provider gave us to act for the person';
COMMENT ON COLUMN merges.record IS 'sealed: what was moved, and from where; goes with either account';
