-- Rotation of the keys that sign access tokens: when a key begins to sign, and when it may go.
ALTER TABLE signing_keys ADD COLUMN activates_at TIMESTAMPTZ;
ALTER TABLE signing_keys ADD COLUMN retires_at TIMESTAMPTZ;
UPDATE signing_keys SET activates_at = created_at;
ALTER TABLE signing_keys ALTER COLUMN activates_at SET NOT NULL;
COMMENT ON COLUMN signing_keys.activates_at IS 'next: signs from then on; others: has signed since';
COMMENT ON COLUMN signing_keys.retires_at IS 'retiring: deleted from then on, when the last token that it signed has ended';
CREATE UNIQUE INDEX signing_keys_next_key ON signing_keys (state) WHERE state = 'next';
