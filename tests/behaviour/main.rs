//! The behaviour that clients see: whole gateways on real stores, called over HTTP.
//!
//! Most tests run twice: as `<name>::case_1_embedded` on SQLite and the in-process store, and as
//! `<name>::case_2_servers` on PostgreSQL and Redis. `TEST_DATABASE_URL` (a role that may create databases) and
//! `TEST_REDIS_URL` name the servers. Without them the second half is skipped with a note, unless `CI=true` or
//! `MENJIN_TEST_STRICT=1`: then it fails.

mod support;

mod authorization;
mod availability;
mod bad_input;
mod bind_qq;
mod bind_social;
mod captcha;
mod captcha_altcha;
mod captcha_outage;
mod captcha_suspicion;
mod change_email;
mod change_mobile;
mod change_password;
mod database;
mod delete_account;
mod delivery;
mod documents;
mod export_my_data;
mod federation;
mod form_callback;
mod forward_auth;
mod hasura;
mod identities;
mod import_cli;
mod introspection;
mod keys;
mod keys_cli;
mod link_social;
mod login;
mod login_with_code;
mod logout;
mod me;
mod merge_account;
mod merged_accounts;
mod merges;
mod merges_cli;
mod output;
mod pooler;
mod qq_authorize;
mod qq_authorize_url;
mod races;
mod redaction;
mod refresh_session;
mod register;
mod register_with_qq;
mod register_with_social;
mod request_password_reset;
mod reset_password;
mod restore_cli;
mod revoke_other_sessions;
mod revoke_session;
mod sandbox;
mod send_email_code;
mod send_sms;
mod send_test;
mod settings;
mod sms_budget;
mod sms_failover;
mod sms_receipts;
mod social_authorize;
mod social_authorize_url;
mod social_secrets;
mod social_store_down;
mod stale_codes;
mod store_down;
mod token_claims;
mod unlink_identity;
mod unlink_social;
mod update_profile;
mod users_cli;
mod webhooks;
