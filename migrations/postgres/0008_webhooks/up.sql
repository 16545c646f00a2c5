-- Webhooks: which endpoints an event is still to be published to, and the deliveries to each endpoint.
ALTER TABLE audit_events ADD COLUMN publication TEXT;
CREATE INDEX audit_events_publication_idx ON audit_events (at) WHERE publication IS NOT NULL;
COMMENT ON COLUMN audit_events.publication IS 'JSON: the webhook endpoints that receive the event; null once there is a delivery for each';

CREATE TABLE webhook_deliveries (
    id              UUID        NOT NULL CONSTRAINT webhook_deliveries_pkey PRIMARY KEY,
    event_id        UUID        NOT NULL,
    endpoint        TEXT        NOT NULL,
    event_type      TEXT        NOT NULL,
    body            TEXT        NOT NULL,
    status          TEXT        NOT NULL CONSTRAINT webhook_deliveries_status_check CHECK (status IN ('queued', 'delivered', 'failed')),
    attempts        INTEGER     NOT NULL,
    next_attempt_at TIMESTAMPTZ NOT NULL,
    lease           UUID,
    leased_until    TIMESTAMPTZ,
    last_error      TEXT,
    created_at      TIMESTAMPTZ NOT NULL,
    updated_at      TIMESTAMPTZ NOT NULL,
    CONSTRAINT webhook_deliveries_event_id_endpoint_key UNIQUE (event_id, endpoint)
);
CREATE INDEX webhook_deliveries_due_idx ON webhook_deliveries (endpoint, next_attempt_at) WHERE status = 'queued';
CREATE INDEX webhook_deliveries_created_at_idx ON webhook_deliveries (created_at);
COMMENT ON COLUMN webhook_deliveries.event_id IS 'id of the audit entry; no foreign key, because both are deleted on their own';
COMMENT ON COLUMN webhook_deliveries.endpoint IS 'name of the endpoint in the configuration';
COMMENT ON COLUMN webhook_deliveries.lease IS 'id of the claim of a gateway; only this gateway may write the result';
