-- Failover between SMS carriers: which carrier has the message now, and which ones were tried.
ALTER TABLE messages ADD COLUMN sending TEXT;
ALTER TABLE messages ADD COLUMN sending_at INTEGER;
ALTER TABLE messages ADD COLUMN tried TEXT;
