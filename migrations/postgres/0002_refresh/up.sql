-- Refresh tokens: each session has a salt and a generation. Tokens are derived from both and the master key.
ALTER TABLE sessions ADD COLUMN refresh_salt BYTEA;
ALTER TABLE sessions ADD COLUMN refresh_generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN end_reason TEXT;
COMMENT ON COLUMN sessions.refresh_salt IS '32 random bytes; null if the session was created before refresh tokens existed';
COMMENT ON COLUMN sessions.refresh_generation IS 'generation of the newest token; the previous token is valid until the newest is used';
COMMENT ON COLUMN sessions.end_reason IS 'why revoked_at was set';
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);
