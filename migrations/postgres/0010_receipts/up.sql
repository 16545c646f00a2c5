-- Delivery receipts of SMS carriers.
ALTER TABLE messages DROP CONSTRAINT messages_status_check;
ALTER TABLE messages ADD CONSTRAINT messages_status_check CHECK (status IN ('queued', 'sent', 'delivered', 'failed', 'expired'));
CREATE INDEX messages_provider_ref_idx ON messages (provider, provider_ref) WHERE provider_ref IS NOT NULL;
COMMENT ON COLUMN messages.status IS 'delivered: the carrier reported that the recipient has the message';
