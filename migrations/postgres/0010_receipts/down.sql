UPDATE messages SET status = 'sent' WHERE status = 'delivered';
DROP INDEX messages_provider_ref_idx;
ALTER TABLE messages DROP CONSTRAINT messages_status_check;
ALTER TABLE messages ADD CONSTRAINT messages_status_check CHECK (status IN ('queued', 'sent', 'failed', 'expired'));
