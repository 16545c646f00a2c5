-- Failover between SMS carriers: which carrier has the message now, and which ones were tried.
ALTER TABLE messages ADD COLUMN sending TEXT;
ALTER TABLE messages ADD COLUMN sending_at TIMESTAMPTZ;
ALTER TABLE messages ADD COLUMN tried TEXT;
COMMENT ON COLUMN messages.sending IS 'the carrier that the message was handed to last, set before the request; null once its response is known';
COMMENT ON COLUMN messages.sending_at IS 'when sending was set';
COMMENT ON COLUMN messages.tried IS 'JSON array of the attempts: carrier, at, result';
