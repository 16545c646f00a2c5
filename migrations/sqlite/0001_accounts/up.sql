-- Accounts, sessions, the outbox, the audit log, signing keys and the development inbox.
-- All times come from the application's clock, not from the database, in microseconds since the Unix epoch.
-- The PostgreSQL migration of the same name describes the columns.

CREATE TABLE users (
    id            BLOB        NOT NULL CONSTRAINT users_pkey PRIMARY KEY,
    username      TEXT        NOT NULL,
    username_key  TEXT        NOT NULL CONSTRAINT users_username_key_key UNIQUE,
    nickname      TEXT        NOT NULL,
    nickname_key  TEXT        NOT NULL CONSTRAINT users_nickname_key_key UNIQUE,
    avatar_url    TEXT,
    mobile        TEXT        CONSTRAINT users_mobile_key UNIQUE,
    email         TEXT,
    email_key     TEXT        CONSTRAINT users_email_key_key UNIQUE,
    password_hash TEXT,
    roles         TEXT        NOT NULL,
    status        TEXT        NOT NULL CONSTRAINT users_status_check CHECK (status IN ('active', 'disabled')),
    terms_version TEXT,
    created_at    INTEGER     NOT NULL,
    updated_at    INTEGER     NOT NULL,
    CONSTRAINT users_email_check CHECK ((email IS NULL) = (email_key IS NULL))
) STRICT;

CREATE TABLE sessions (
    id              BLOB        NOT NULL CONSTRAINT sessions_pkey PRIMARY KEY,
    user_id         BLOB        NOT NULL CONSTRAINT sessions_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    method          TEXT        NOT NULL,
    remember        INTEGER     NOT NULL CHECK (remember IN (0, 1)),
    device_digest   BLOB,
    user_agent      TEXT,
    address         TEXT,
    created_at      INTEGER     NOT NULL,
    last_used_at    INTEGER     NOT NULL,
    idle_expires_at INTEGER     NOT NULL,
    expires_at      INTEGER     NOT NULL,
    revoked_at      INTEGER
) STRICT;
CREATE INDEX sessions_user_id_idx ON sessions (user_id);

CREATE TABLE messages (
    id              BLOB        NOT NULL CONSTRAINT messages_pkey PRIMARY KEY,
    channel         TEXT        NOT NULL CONSTRAINT messages_channel_check CHECK (channel IN ('sms', 'email')),
    kind            TEXT        NOT NULL,
    language        TEXT        NOT NULL,
    destination     BLOB        NOT NULL,
    masked          TEXT        NOT NULL,
    payload         BLOB        NOT NULL,
    status          TEXT        NOT NULL CONSTRAINT messages_status_check CHECK (status IN ('queued', 'sent', 'failed', 'expired')),
    attempts        INTEGER     NOT NULL,
    next_attempt_at INTEGER     NOT NULL,
    lease           BLOB,
    leased_until    INTEGER,
    expires_at      INTEGER     NOT NULL,
    provider        TEXT,
    provider_ref    TEXT,
    last_error      TEXT,
    created_at      INTEGER     NOT NULL,
    updated_at      INTEGER     NOT NULL
) STRICT;
CREATE INDEX messages_due_idx ON messages (next_attempt_at) WHERE status = 'queued';
CREATE INDEX messages_created_at_idx ON messages (created_at);

CREATE TABLE audit_events (
    id         BLOB        NOT NULL CONSTRAINT audit_events_pkey PRIMARY KEY,
    at         INTEGER     NOT NULL,
    kind       TEXT        NOT NULL,
    user_id    BLOB,
    session_id BLOB,
    address    TEXT,
    user_agent TEXT,
    detail     TEXT        NOT NULL
) STRICT;
CREATE INDEX audit_events_user_id_idx ON audit_events (user_id, at);
CREATE INDEX audit_events_at_idx ON audit_events (at);

CREATE TABLE signing_keys (
    kid         TEXT        NOT NULL CONSTRAINT signing_keys_pkey PRIMARY KEY,
    algorithm   TEXT        NOT NULL,
    state       TEXT        NOT NULL CONSTRAINT signing_keys_state_check CHECK (state IN ('next', 'active', 'retiring')),
    private_key BLOB        NOT NULL,
    public_jwk  TEXT        NOT NULL,
    created_at  INTEGER     NOT NULL
) STRICT;
CREATE UNIQUE INDEX signing_keys_active_key ON signing_keys (state) WHERE state = 'active';

CREATE TABLE inbox (
    id          BLOB        NOT NULL CONSTRAINT inbox_pkey PRIMARY KEY,
    message_id  BLOB        NOT NULL,
    channel     TEXT        NOT NULL,
    destination TEXT        NOT NULL,
    subject     TEXT,
    body        TEXT        NOT NULL,
    html        TEXT,
    code        TEXT,
    received_at INTEGER     NOT NULL
) STRICT;
CREATE INDEX inbox_received_at_idx ON inbox (received_at);
