-- Refresh tokens: each session has a salt and a generation. Tokens are derived from both and the master key.
ALTER TABLE sessions ADD COLUMN refresh_salt BLOB;
ALTER TABLE sessions ADD COLUMN refresh_generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN end_reason TEXT;
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);
