DROP INDEX messages_provider_ref_idx;
DROP INDEX messages_due_idx;
UPDATE messages SET status = 'sent' WHERE status = 'delivered';
ALTER TABLE messages ADD COLUMN old_status TEXT NOT NULL DEFAULT 'queued'
    CONSTRAINT messages_status_check CHECK (old_status IN ('queued', 'sent', 'failed', 'expired'));
UPDATE messages SET old_status = status;
ALTER TABLE messages DROP COLUMN status;
ALTER TABLE messages RENAME COLUMN old_status TO status;
CREATE INDEX messages_due_idx ON messages (next_attempt_at) WHERE status = 'queued';
