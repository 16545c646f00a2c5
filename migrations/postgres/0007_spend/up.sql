-- SMS messages and their price per period and scope: budgets that survive a restart of Redis, and the share of codes that are used.
CREATE TABLE sms_counters (
    bucket   TIMESTAMPTZ NOT NULL,
    scope    TEXT        NOT NULL,
    messages BIGINT      NOT NULL,
    money    BIGINT      NOT NULL,
    used     BIGINT      NOT NULL,
    CONSTRAINT sms_counters_pkey PRIMARY KEY (bucket, scope)
);
COMMENT ON COLUMN sms_counters.bucket IS 'The start of the period: a day, or ten minutes for the scopes that begin with conversion';
COMMENT ON COLUMN sms_counters.money IS 'Ten-thousandths of the currency of the prices';
COMMENT ON COLUMN sms_counters.used IS 'Codes that were used';
CREATE INDEX sessions_device_digest_idx ON sessions (device_digest) WHERE device_digest IS NOT NULL;
