//! Changes of an account: what authorizes them, and what is written beside them in the same transaction.

use diesel::AsChangeset;

use super::models::{AuditEvent, Credential, NewMessage, User};
use super::schema;
use crate::core::clock::Instant;
use crate::core::ids::{SessionId, UserId};

/// Which sessions of the account a change revokes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevokeScope {
    Nothing,
    /// All but the one that the request came with.
    AllBut(SessionId),
    All,
}

/// What authorizes a change. It is checked again inside the transaction: a request that was still hashing a password must
/// not succeed after the owner revoked its session.
pub enum Authorization<'a> {
    /// A session, which must be active. Where the password was verified, the stored hash must still be this one.
    Session { id: SessionId, password: Option<&'a str> },
    /// A verified credential, which the account must still have.
    Credential(&'a Credential),
    /// The digest of a password reset link, which must be valid and is consumed.
    Link(&'a [u8]),
}

/// Why a write was refused: something changed since it was read. Nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stale {
    /// The session or the account is no longer active.
    Inactive,
    /// The account no longer has the credential or contact, or the link is no longer valid.
    Credential,
    /// A concurrent request changed the row first.
    Row,
}

/// The result of setting the status of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusChange {
    Changed {
        revoked_sessions: usize,
    },
    /// The account had the status already, is merged, or does not exist.
    Unchanged,
}

/// A change of one account.
pub struct AccountChange<'a> {
    pub user: UserId,
    pub authorization: Authorization<'a>,
    pub now: Instant,
    pub revokes: RevokeScope,
    /// Stored with the sessions that are revoked.
    pub reason: &'static str,
    pub event: &'a AuditEvent,
    /// The notice to the owner. The outbox must be woken afterwards.
    pub notice: Option<&'a NewMessage>,
}

/// A changed account.
pub struct Changed {
    /// The account after the change.
    pub user: User,
    pub revoked_sessions: usize,
}

/// A change of the profile. `None` keeps a value, `Some(None)` removes it.
#[derive(Default, PartialEq, Eq, AsChangeset)]
#[diesel(table_name = schema::users)]
pub struct ProfileChange {
    pub username: Option<String>,
    /// The key by which user names are compared; it changes with the user name.
    pub username_key: Option<String>,
    pub nickname: Option<String>,
    /// The key by which nicknames are compared; it changes with the nickname.
    pub nickname_key: Option<String>,
    pub avatar_url: Option<Option<String>>,
}
