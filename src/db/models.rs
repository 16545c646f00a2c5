//! The rows, as both backends read and write them.

use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use diesel::{Insertable, Queryable, Selectable};

use super::schema;
use super::types::{Ts, Uid};
use crate::core::ids::{SessionId, UserId};

/// A person. No `Debug`: it holds a password hash and addresses.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = schema::users, check_for_backend(Pg, Sqlite))]
pub struct User {
    #[diesel(deserialize_as = Uid)]
    pub id: UserId,
    pub username: String,
    pub nickname: String,
    pub avatar_url: Option<String>,
    /// E.164.
    pub mobile: Option<String>,
    pub email: Option<String>,
    /// PHC string.
    pub password_hash: Option<String>,
    /// JSON array of strings.
    pub roles: String,
    pub status: String,
    pub created_at: Ts,
}

impl User {
    /// The roles; none where the column does not hold a list.
    #[must_use]
    pub fn roles(&self) -> Vec<String> {
        serde_json::from_str(&self.roles).unwrap_or_default()
    }

    /// Whether the person may sign in.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == "active"
    }
}

/// A person to be.
#[derive(Clone, Insertable)]
#[diesel(table_name = schema::users)]
pub struct NewUser {
    #[diesel(serialize_as = Uid)]
    pub id: UserId,
    pub username: String,
    pub username_key: String,
    pub nickname: String,
    pub nickname_key: String,
    pub avatar_url: Option<String>,
    pub mobile: Option<String>,
    pub email: Option<String>,
    pub email_key: Option<String>,
    pub password_hash: Option<String>,
    pub roles: String,
    pub status: String,
    pub terms_version: Option<String>,
    #[diesel(serialize_as = Ts)]
    pub created_at: Ts,
    #[diesel(serialize_as = Ts)]
    pub updated_at: Ts,
}

/// A sign-in on one device.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::sessions, check_for_backend(Pg, Sqlite))]
pub struct Session {
    #[diesel(deserialize_as = Uid, serialize_as = Uid)]
    pub id: SessionId,
    #[diesel(deserialize_as = Uid, serialize_as = Uid)]
    pub user_id: UserId,
    /// How the person proved who they are: `password`, `sms_code`, `email_code`.
    pub method: String,
    pub remember: bool,
    /// SHA-256 of the device cookie.
    pub device_digest: Option<Vec<u8>>,
    pub user_agent: Option<String>,
    pub address: Option<String>,
    #[diesel(serialize_as = Ts)]
    pub created_at: Ts,
    #[diesel(serialize_as = Ts)]
    pub last_used_at: Ts,
    #[diesel(serialize_as = Ts)]
    pub idle_expires_at: Ts,
    #[diesel(serialize_as = Ts)]
    pub expires_at: Ts,
    pub revoked_at: Option<Ts>,
}

/// An entry of the audit log: who, what, when, from where; no secrets.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::audit_events, check_for_backend(Pg, Sqlite))]
pub struct AuditEvent {
    pub id: Uid,
    pub at: Ts,
    pub kind: String,
    pub user_id: Option<Uid>,
    pub session_id: Option<Uid>,
    pub address: Option<String>,
    pub user_agent: Option<String>,
    /// JSON object.
    pub detail: String,
}

/// A key that signs access tokens.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::signing_keys, check_for_backend(Pg, Sqlite))]
pub struct SigningKey {
    pub kid: String,
    pub algorithm: String,
    /// `next`, `active` or `retiring`.
    pub state: String,
    /// Sealed PKCS #8.
    pub private_key: Vec<u8>,
    pub public_jwk: String,
    pub created_at: Ts,
}
