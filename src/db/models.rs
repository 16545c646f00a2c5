//! Rows of both backends.

use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use diesel::{Insertable, Queryable, Selectable};
use serde::Serialize;

use super::schema;
use super::types::{
    AccountStatus, Channel, KeyState, Kind, MessageStatus, RolesJson, SessionMethod, Ts, Uid,
};
use crate::core::clock::Instant;
use crate::core::contact::Contacts;
use crate::core::identifier::{EmailAddress, Mobile, Region};
use crate::core::ids::{IdentityId, MessageId, SessionId, UserId};
use crate::core::roles::Roles;

/// An account. No `Debug`: it contains a password hash and contacts.
///
/// It is serialized for the export of the owner's data. A new field belongs to the export unless it is skipped.
#[derive(Clone, Queryable, Selectable, Serialize)]
#[serde(rename_all = "camelCase")]
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
    #[serde(skip)]
    pub password_hash: Option<String>,
    #[diesel(deserialize_as = RolesJson)]
    pub roles: Roles,
    pub status: AccountStatus,
    /// The version of the terms that the owner accepted.
    pub terms_version: Option<String>,
    pub created_at: Ts,
    pub updated_at: Ts,
    /// When the data is deleted: the owner deleted the account, or it was merged into another one.
    #[serde(skip)]
    pub delete_at: Option<Ts>,
}

/// The state of an account as operators see it: the status, and whether the owner deleted the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum AccountState {
    Active,
    Disabled,
    /// The owner deleted the account. Its data still exists.
    Deleted,
    /// The account was merged into another one. Its data still exists.
    Merged,
}

impl User {
    /// Returns the contacts. The region of a mobile number is not necessarily enabled any more.
    #[must_use]
    pub fn contacts(&self) -> Contacts {
        let mobile = self.mobile.as_deref().and_then(|mobile| Mobile::parse(mobile, &Region::ALL).ok());
        let email = self.email.as_deref().and_then(|email| EmailAddress::parse(email).ok());
        Contacts { mobile, email }
    }

    /// Whether the owner can sign in.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.state() == AccountState::Active
    }

    /// Returns the state of the account.
    #[must_use]
    pub fn state(&self) -> AccountState {
        match self.status {
            // A merged account has a time of deletion as well, but its owner did not delete it.
            AccountStatus::Merged => AccountState::Merged,
            AccountStatus::Active | AccountStatus::Disabled if self.delete_at.is_some() => {
                AccountState::Deleted
            }
            AccountStatus::Active => AccountState::Active,
            AccountStatus::Disabled => AccountState::Disabled,
        }
    }
}

/// An account to be inserted.
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
    #[diesel(serialize_as = RolesJson)]
    pub roles: Roles,
    pub status: AccountStatus,
    pub terms_version: Option<String>,
    #[diesel(serialize_as = Ts)]
    pub created_at: Ts,
    #[diesel(serialize_as = Ts)]
    pub updated_at: Ts,
}

/// The unique values of an account.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = schema::users, check_for_backend(Pg, Sqlite))]
pub struct KnownAccount {
    #[diesel(deserialize_as = Uid)]
    pub id: UserId,
    pub username_key: String,
    pub nickname_key: String,
    pub mobile: Option<String>,
    pub email_key: Option<String>,
}

/// The accounts to list.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    pub state: Option<AccountState>,
    pub role: Option<String>,
    /// Only accounts that are older than this one.
    pub before: Option<UserId>,
    pub limit: i64,
}

/// The audit entries to list.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    pub user: Option<UserId>,
    pub kind: Option<Kind>,
    pub since: Option<Instant>,
    pub limit: i64,
}

/// The credential that a user was verified by, as it was read. The account must still have it when the session or the change
/// is written. No `Debug`: it contains secrets.
pub enum Credential {
    /// The password hash.
    Password(String),
    /// E.164.
    Mobile(String),
    Email(String),
    /// An identity at a provider that is linked to the account.
    Identity(IdentityId),
}

/// A session on one device.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::sessions, check_for_backend(Pg, Sqlite))]
pub struct Session {
    #[diesel(deserialize_as = Uid, serialize_as = Uid)]
    pub id: SessionId,
    #[diesel(deserialize_as = Uid, serialize_as = Uid)]
    pub user_id: UserId,
    pub method: SessionMethod,
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
    /// 256 random bits; `None` for a session that can have no refresh token.
    pub refresh_salt: Option<Vec<u8>>,
    /// The generation of the newest refresh token.
    pub refresh_generation: i32,
    /// Why the session was revoked: `logout`, `revoked`, `refresh_token_reused` …
    pub end_reason: Option<String>,
}

/// A password reset link. Only the digest of its token is stored.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::reset_links, check_for_backend(Pg, Sqlite))]
pub struct ResetLink {
    pub digest: Vec<u8>,
    /// `None` if no account has the address that it was requested for.
    pub user_id: Option<Uid>,
    pub expires_at: Ts,
    pub used_at: Option<Ts>,
    pub created_at: Ts,
}

/// An audit entry: who, what, when, from where. It contains no secrets.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::audit_events, check_for_backend(Pg, Sqlite))]
pub struct AuditEvent {
    pub id: Uid,
    pub at: Ts,
    pub kind: Kind,
    pub user_id: Option<Uid>,
    pub session_id: Option<Uid>,
    pub address: Option<String>,
    pub user_agent: Option<String>,
    /// JSON object.
    pub detail: String,
    /// The webhook endpoints that are still to receive the event: `db::webhooks::Publication` as JSON.
    pub publication: Option<String>,
}

/// A key that signs access tokens.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::signing_keys, check_for_backend(Pg, Sqlite))]
pub struct SigningKey {
    pub kid: String,
    pub algorithm: String,
    pub state: KeyState,
    /// Sealed PKCS #8.
    pub private_key: Vec<u8>,
    pub public_jwk: String,
    pub created_at: Ts,
    /// From when the key signs.
    pub activates_at: Ts,
    /// From when a retiring key can be deleted.
    pub retires_at: Option<Ts>,
}

/// A change of the signing keys.
#[derive(Clone)]
pub enum KeyChange {
    Insert(SigningKey),
    /// The next key becomes active and signs from `at` on.
    Activate {
        kid: String,
        at: Ts,
    },
    /// The active key becomes retiring, until `until`.
    Retire {
        kid: String,
        until: Ts,
    },
    Delete {
        kid: String,
    },
}

/// A message to be inserted. The destination and the payload are sealed.
#[derive(Clone, Insertable)]
#[diesel(table_name = schema::messages)]
pub struct NewMessage {
    #[diesel(serialize_as = Uid)]
    pub id: MessageId,
    pub channel: Channel,
    pub kind: String,
    /// BCP 47 tag.
    pub language: String,
    pub destination: Vec<u8>,
    /// The masked destination, which may be displayed and logged.
    pub masked: String,
    pub payload: Vec<u8>,
    pub status: MessageStatus,
    pub attempts: i32,
    #[diesel(serialize_as = Ts)]
    pub next_attempt_at: Ts,
    #[diesel(serialize_as = Ts)]
    pub expires_at: Ts,
    #[diesel(serialize_as = Ts)]
    pub created_at: Ts,
    #[diesel(serialize_as = Ts)]
    pub updated_at: Ts,
}

/// A message that a worker has claimed.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = schema::messages, check_for_backend(Pg, Sqlite))]
pub struct DueMessage {
    #[diesel(deserialize_as = Uid)]
    pub id: MessageId,
    pub channel: Channel,
    pub language: String,
    pub destination: Vec<u8>,
    pub payload: Vec<u8>,
    /// Including the attempt that starts now.
    pub attempts: i32,
    pub expires_at: Ts,
    /// The carrier that may have the message, and since when.
    pub sending: Option<String>,
    pub sending_at: Option<Ts>,
    /// What was tried, as JSON.
    pub tried: Option<String>,
}

/// The delivery status of a message.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = schema::messages, check_for_backend(Pg, Sqlite))]
pub struct MessageProgress {
    pub channel: Channel,
    pub status: MessageStatus,
    pub attempts: i32,
    pub provider: Option<String>,
    pub last_error: Option<String>,
    pub updated_at: Ts,
}

/// The final status of a message.
#[derive(Clone, Debug)]
pub struct MessageEnd {
    pub status: MessageStatus,
    pub provider: Option<&'static str>,
    pub provider_ref: Option<String>,
    pub last_error: Option<String>,
    /// What was tried, as JSON; `None` leaves the column unchanged.
    pub tried: Option<String>,
}

/// A report of a carrier about the delivery of a message.
#[derive(Clone, Debug)]
pub struct MessageReceipt {
    /// The carrier's identifier of the message.
    pub reference: String,
    /// Our own identifier, if the carrier repeats it.
    pub id: Option<MessageId>,
    pub delivered: bool,
    /// The carrier's error code if the message was not delivered.
    pub reason: Option<String>,
}

/// A message that is sent again later.
#[derive(Clone, Debug)]
pub struct MessageRetry {
    pub at: Instant,
    pub error: String,
    /// Whether the carrier that was tried last may have the message.
    pub uncertain: bool,
    /// What was tried, as JSON; `None` leaves the column unchanged.
    pub tried: Option<String>,
}

/// A message in the inbox of the development mode, which replaces phones and mailboxes.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::inbox, check_for_backend(Pg, Sqlite))]
pub struct InboxMessage {
    pub id: Uid,
    pub message_id: Uid,
    pub channel: Channel,
    pub destination: String,
    pub subject: Option<String>,
    pub body: String,
    pub html: Option<String>,
    pub code: Option<String>,
    pub received_at: Ts,
}
