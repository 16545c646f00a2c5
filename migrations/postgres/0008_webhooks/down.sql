DROP TABLE webhook_deliveries;
DROP INDEX audit_events_publication_idx;
ALTER TABLE audit_events DROP COLUMN publication;
