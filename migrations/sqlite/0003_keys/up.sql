-- Rotation of the keys that sign access tokens: when a key becomes active, and when it is deleted.
ALTER TABLE signing_keys ADD COLUMN activates_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE signing_keys ADD COLUMN retires_at INTEGER;
UPDATE signing_keys SET activates_at = created_at;
CREATE UNIQUE INDEX signing_keys_next_key ON signing_keys (state) WHERE state = 'next';
