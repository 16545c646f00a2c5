-- Links that reset a password, and accounts that are on their way out.
ALTER TABLE users ADD COLUMN delete_at TIMESTAMPTZ;
CREATE INDEX users_delete_at_idx ON users (delete_at) WHERE delete_at IS NOT NULL;
COMMENT ON COLUMN users.delete_at IS 'set: its owner deleted the account, nobody signs in, and at this moment it is erased; null again: restored';

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
COMMENT ON COLUMN reset_links.user_id IS 'null: nobody has the address; the row is there so that the answer costs the same';
COMMENT ON COLUMN reset_links.used_at IS 'set when this link, or another credential of the account, was changed';
