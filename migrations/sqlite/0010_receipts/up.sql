-- Delivery receipts of SMS carriers. SQLite cannot change a constraint, so the column is replaced.
DROP INDEX messages_due_idx;
ALTER TABLE messages ADD COLUMN new_status TEXT NOT NULL DEFAULT 'queued'
    CONSTRAINT messages_status_check CHECK (new_status IN ('queued', 'sent', 'delivered', 'failed', 'expired'));
UPDATE messages SET new_status = status;
ALTER TABLE messages DROP COLUMN status;
ALTER TABLE messages RENAME COLUMN new_status TO status;
CREATE INDEX messages_due_idx ON messages (next_attempt_at) WHERE status = 'queued';
CREATE INDEX messages_provider_ref_idx ON messages (provider, provider_ref) WHERE provider_ref IS NOT NULL;
