-- Refresh tokens: each session has a salt and a count; the tokens follow from both and the master key.
ALTER TABLE sessions ADD COLUMN refresh_salt BYTEA;
ALTER TABLE sessions ADD COLUMN refresh_generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN end_reason TEXT;
COMMENT ON COLUMN sessions.refresh_salt IS '32 random bytes; null: the session was opened before there were refresh tokens';
COMMENT ON COLUMN sessions.refresh_generation IS 'of the newest token; the one before it is good until this one was used';
COMMENT ON COLUMN sessions.end_reason IS 'why revoked_at was set';
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);
