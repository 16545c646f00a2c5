-- Accounts, sessions, the outbox, the audit log, signing keys and the development inbox.
-- Every constraint has a name, by which src/db/error.rs determines which value is already in use.
-- All times come from the application's clock, not from the database.

CREATE TABLE users (
    id            UUID        NOT NULL CONSTRAINT users_pkey PRIMARY KEY,
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
    created_at    TIMESTAMPTZ NOT NULL,
    updated_at    TIMESTAMPTZ NOT NULL,
    CONSTRAINT users_email_check CHECK ((email IS NULL) = (email_key IS NULL))
);
COMMENT ON COLUMN users.username_key IS 'canonical form by which user names are compared';
COMMENT ON COLUMN users.mobile IS 'E.164';
COMMENT ON COLUMN users.password_hash IS 'PHC string; null if the account has no password';
COMMENT ON COLUMN users.roles IS 'JSON array of strings';

CREATE TABLE sessions (
    id              UUID        NOT NULL CONSTRAINT sessions_pkey PRIMARY KEY,
    user_id         UUID        NOT NULL CONSTRAINT sessions_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    method          TEXT        NOT NULL,
    remember        BOOLEAN     NOT NULL,
    device_digest   BYTEA,
    user_agent      TEXT,
    address         TEXT,
    created_at      TIMESTAMPTZ NOT NULL,
    last_used_at    TIMESTAMPTZ NOT NULL,
    idle_expires_at TIMESTAMPTZ NOT NULL,
    expires_at      TIMESTAMPTZ NOT NULL,
    revoked_at      TIMESTAMPTZ
);
CREATE INDEX sessions_user_id_idx ON sessions (user_id);
COMMENT ON COLUMN sessions.device_digest IS 'SHA-256 of the device cookie; identifies a device that has signed in before';

CREATE TABLE messages (
    id              UUID        NOT NULL CONSTRAINT messages_pkey PRIMARY KEY,
    channel         TEXT        NOT NULL CONSTRAINT messages_channel_check CHECK (channel IN ('sms', 'email')),
    kind            TEXT        NOT NULL,
    language        TEXT        NOT NULL,
    destination     BYTEA       NOT NULL,
    masked          TEXT        NOT NULL,
    payload         BYTEA       NOT NULL,
    status          TEXT        NOT NULL CONSTRAINT messages_status_check CHECK (status IN ('queued', 'sent', 'failed', 'expired')),
    attempts        INTEGER     NOT NULL,
    next_attempt_at TIMESTAMPTZ NOT NULL,
    lease           UUID,
    leased_until    TIMESTAMPTZ,
    expires_at      TIMESTAMPTZ NOT NULL,
    provider        TEXT,
    provider_ref    TEXT,
    last_error      TEXT,
    created_at      TIMESTAMPTZ NOT NULL,
    updated_at      TIMESTAMPTZ NOT NULL
);
CREATE INDEX messages_due_idx ON messages (next_attempt_at) WHERE status = 'queued';
CREATE INDEX messages_created_at_idx ON messages (created_at);
COMMENT ON COLUMN messages.destination IS 'sealed: mobile number or e-mail address';
COMMENT ON COLUMN messages.payload IS 'sealed: the values in the text, including codes';
COMMENT ON COLUMN messages.lease IS 'id of the claim of a worker; only this worker may write the result';

CREATE TABLE audit_events (
    id         UUID        NOT NULL CONSTRAINT audit_events_pkey PRIMARY KEY,
    at         TIMESTAMPTZ NOT NULL,
    kind       TEXT        NOT NULL,
    user_id    UUID,
    session_id UUID,
    address    TEXT,
    user_agent TEXT,
    detail     TEXT        NOT NULL
);
CREATE INDEX audit_events_user_id_idx ON audit_events (user_id, at);
CREATE INDEX audit_events_at_idx ON audit_events (at);
COMMENT ON COLUMN audit_events.user_id IS 'no foreign key, because the log is kept after the account is deleted';
COMMENT ON COLUMN audit_events.detail IS 'JSON object without secrets';

CREATE TABLE signing_keys (
    kid         TEXT        NOT NULL CONSTRAINT signing_keys_pkey PRIMARY KEY,
    algorithm   TEXT        NOT NULL,
    state       TEXT        NOT NULL CONSTRAINT signing_keys_state_check CHECK (state IN ('next', 'active', 'retiring')),
    private_key BYTEA       NOT NULL,
    public_jwk  TEXT        NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX signing_keys_active_key ON signing_keys (state) WHERE state = 'active';
COMMENT ON COLUMN signing_keys.private_key IS 'sealed PKCS #8';

CREATE TABLE inbox (
    id          UUID        NOT NULL CONSTRAINT inbox_pkey PRIMARY KEY,
    message_id  UUID        NOT NULL,
    channel     TEXT        NOT NULL,
    destination TEXT        NOT NULL,
    subject     TEXT,
    body        TEXT        NOT NULL,
    html        TEXT,
    code        TEXT,
    received_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX inbox_received_at_idx ON inbox (received_at);
COMMENT ON TABLE inbox IS 'development mode only: messages that would have been sent';
