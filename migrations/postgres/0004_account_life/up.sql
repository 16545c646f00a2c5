-- Links that reset a password, and accounts that are scheduled for deletion.
ALTER TABLE users ADD COLUMN delete_at TIMESTAMPTZ;
CREATE INDEX users_delete_at_idx ON users (delete_at) WHERE delete_at IS NOT NULL;
COMMENT ON COLUMN users.delete_at IS 'set when the owner deletes the account: nobody can sign in, and the account is purged at this time; null after it is restored';

CREATE TABLE reset_links (
    digest     BYTEA       NOT NULL CONSTRAINT reset_links_pkey PRIMARY KEY,
    user_id    UUID        CONSTRAINT reset_links_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    expires_at TIMESTAMPTZ NOT NULL,
    used_at    TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX reset_links_user_id_idx ON reset_links (user_id);
CREATE INDEX reset_links_expires_at_idx ON reset_links (expires_at);
COMMENT ON COLUMN reset_links.digest IS 'SHA-256 of the 256 random bits in the link';
COMMENT ON COLUMN reset_links.user_id IS 'null if no account has the address; the row is written so that both cases take the same time';
COMMENT ON COLUMN reset_links.used_at IS 'set when this link is used or another credential of the account changes';
