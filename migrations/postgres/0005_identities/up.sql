-- Identities at providers, and merges of accounts.
ALTER TABLE users DROP CONSTRAINT users_status_check;
ALTER TABLE users ADD CONSTRAINT users_status_check CHECK (status IN ('active', 'disabled', 'merged'));
COMMENT ON COLUMN users.status IS 'merged: the account was merged into another account; the merge can be undone until delete_at';

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
-- Created last, because constraints are checked in this order: an identity that is already linked is reported first.
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
COMMENT ON COLUMN identities.subject IS 'permanent identifier at the provider: openid, uid or sub';
COMMENT ON COLUMN identities.union_id IS 'identifier shared by all applications of one owner; null if the provider does not return it';
COMMENT ON COLUMN identities.email IS 'set only if the provider has verified the address';
COMMENT ON COLUMN identities.tokens IS 'sealed: the tokens for the API of the provider';
COMMENT ON COLUMN merges.record IS 'sealed: what was moved, and from where; deleted with either account';
