DROP INDEX sessions_expires_at_idx;
ALTER TABLE sessions DROP COLUMN end_reason;
ALTER TABLE sessions DROP COLUMN refresh_generation;
ALTER TABLE sessions DROP COLUMN refresh_salt;
