-- Rotation of the keys that sign access tokens: when a key becomes active, and when it is deleted.
ALTER TABLE signing_keys ADD COLUMN activates_at TIMESTAMPTZ;
ALTER TABLE signing_keys ADD COLUMN retires_at TIMESTAMPTZ;
UPDATE signing_keys SET activates_at = created_at;
ALTER TABLE signing_keys ALTER COLUMN activates_at SET NOT NULL;
COMMENT ON COLUMN signing_keys.activates_at IS 'the time from which the key signs tokens';
COMMENT ON COLUMN signing_keys.retires_at IS 'for retiring keys: when the key is deleted, after its last token has expired';
CREATE UNIQUE INDEX signing_keys_next_key ON signing_keys (state) WHERE state = 'next';
