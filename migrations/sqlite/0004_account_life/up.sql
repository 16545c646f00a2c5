-- Links that reset a password, and accounts that are scheduled for deletion.
ALTER TABLE users ADD COLUMN delete_at INTEGER;
CREATE INDEX users_delete_at_idx ON users (delete_at) WHERE delete_at IS NOT NULL;

CREATE TABLE reset_links (
    digest     BLOB    NOT NULL CONSTRAINT reset_links_pkey PRIMARY KEY,
    user_id    BLOB    CONSTRAINT reset_links_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX reset_links_user_id_idx ON reset_links (user_id);
CREATE INDEX reset_links_expires_at_idx ON reset_links (expires_at);
