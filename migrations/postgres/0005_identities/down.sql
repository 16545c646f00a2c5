DROP TABLE merges;
DROP TABLE identities;
UPDATE users SET status = 'disabled' WHERE status = 'merged';
ALTER TABLE users DROP CONSTRAINT users_status_check;
ALTER TABLE users ADD CONSTRAINT users_status_check CHECK (status IN ('active', 'disabled'));
COMMENT ON COLUMN users.status IS NULL;
