-- SMS messages and their price per period and scope: budgets that survive a restart, and the share of codes that are used.
CREATE TABLE sms_counters (
    bucket   INTEGER NOT NULL,
    scope    TEXT    NOT NULL,
    messages INTEGER NOT NULL,
    money    INTEGER NOT NULL,
    used     INTEGER NOT NULL,
    CONSTRAINT sms_counters_pkey PRIMARY KEY (bucket, scope)
) STRICT;
CREATE INDEX sessions_device_digest_idx ON sessions (device_digest) WHERE device_digest IS NOT NULL;
