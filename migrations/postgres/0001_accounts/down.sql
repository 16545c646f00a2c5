DROP TABLE inbox;
DROP TABLE signing_keys;
DROP TABLE audit_events;
DROP TABLE messages;
DROP TABLE sessions;
DROP TABLE users;
