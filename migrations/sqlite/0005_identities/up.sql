-- Identities at providers, and merges of accounts.
-- SQLite cannot change a constraint, so the column is replaced. Replacing the table would delete all sessions.
ALTER TABLE users ADD COLUMN new_status TEXT NOT NULL DEFAULT 'active'
    CONSTRAINT users_status_check CHECK (new_status IN ('active', 'disabled', 'merged'));
UPDATE users SET new_status = status;
ALTER TABLE users DROP COLUMN status;
ALTER TABLE users RENAME COLUMN new_status TO status;

CREATE TABLE identities (
    id           BLOB NOT NULL CONSTRAINT identities_pkey PRIMARY KEY,
    user_id      BLOB NOT NULL CONSTRAINT identities_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    provider     TEXT NOT NULL,
    subject      TEXT NOT NULL,
    union_id     TEXT,
    nickname     TEXT,
    avatar_url   TEXT,
    email        TEXT,
    tokens       BLOB,
    linked_at    INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    -- SQLite checks the newest index first, so an identity that is already linked is reported before this constraint.
    CONSTRAINT identities_user_id_provider_key UNIQUE (user_id, provider),
    CONSTRAINT identities_provider_subject_key UNIQUE (provider, subject)
) STRICT;
CREATE UNIQUE INDEX identities_provider_union_id_key ON identities (provider, union_id) WHERE union_id IS NOT NULL;

CREATE TABLE merges (
    id             BLOB NOT NULL CONSTRAINT merges_pkey PRIMARY KEY,
    kept_user_id   BLOB NOT NULL CONSTRAINT merges_kept_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    merged_user_id BLOB NOT NULL CONSTRAINT merges_merged_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    at             INTEGER NOT NULL,
    undo_until     INTEGER NOT NULL,
    undone_at      INTEGER,
    record         BLOB NOT NULL
) STRICT;
CREATE INDEX merges_kept_user_id_idx ON merges (kept_user_id);
CREATE INDEX merges_merged_user_id_idx ON merges (merged_user_id);
