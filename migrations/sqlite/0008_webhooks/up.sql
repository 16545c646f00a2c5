-- Webhooks: which endpoints an event is still to be published to, and the deliveries to each endpoint.
ALTER TABLE audit_events ADD COLUMN publication TEXT;
CREATE INDEX audit_events_publication_idx ON audit_events (at) WHERE publication IS NOT NULL;

CREATE TABLE webhook_deliveries (
    id              BLOB    NOT NULL CONSTRAINT webhook_deliveries_pkey PRIMARY KEY,
    event_id        BLOB    NOT NULL,
    endpoint        TEXT    NOT NULL,
    event_type      TEXT    NOT NULL,
    body            TEXT    NOT NULL,
    status          TEXT    NOT NULL CONSTRAINT webhook_deliveries_status_check CHECK (status IN ('queued', 'delivered', 'failed')),
    attempts        INTEGER NOT NULL,
    next_attempt_at INTEGER NOT NULL,
    lease           BLOB,
    leased_until    INTEGER,
    last_error      TEXT,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    CONSTRAINT webhook_deliveries_event_id_endpoint_key UNIQUE (event_id, endpoint)
) STRICT;
CREATE INDEX webhook_deliveries_due_idx ON webhook_deliveries (endpoint, next_attempt_at) WHERE status = 'queued';
CREATE INDEX webhook_deliveries_created_at_idx ON webhook_deliveries (created_at);
