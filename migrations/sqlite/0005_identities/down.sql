DROP TABLE merges;
DROP TABLE identities;
ALTER TABLE users ADD COLUMN old_status TEXT NOT NULL DEFAULT 'active'
    CONSTRAINT users_status_check CHECK (old_status IN ('active', 'disabled'));
UPDATE users SET old_status = CASE status WHEN 'merged' THEN 'disabled' ELSE status END;
ALTER TABLE users DROP COLUMN status;
ALTER TABLE users RENAME COLUMN old_status TO status;
