//! What a change of an account writes beside the change itself, in the same transaction.

use super::models::{AuditEvent, NewMessage, Proven};
use crate::core::clock::Instant;
use crate::core::ids::{SessionId, UserId};

/// Which sessions of the account a change ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    Nothing,
    /// All but the one that the change comes from.
    AllBut(SessionId),
    All,
}

/// By what right an account is changed. It is looked at again in the transaction of the change: whoever waits for a
/// password to be hashed must not come through after the owner has shut the door.
pub enum Right<'a> {
    /// Somebody signed in. The session must stand; where the password was proven, its hash must be this one still.
    Session { id: SessionId, password: Option<&'a str> },
    /// An address that was proven: it must be the account's still.
    Proof(&'a Proven),
    /// The digest of a mailed link: it must be good, and is spent.
    Link(&'a [u8]),
}

/// Why a change was not made. Nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unchanged {
    /// The session has ended, or the account may not be used.
    Shut,
    /// The account has no longer what was proven, or the link is not good.
    Unproven,
}

/// A change of one account.
pub struct AccountChange<'a> {
    pub user: UserId,
    pub right: Right<'a>,
    pub now: Instant,
    pub ends: Ends,
    /// Kept with the sessions that it ends.
    pub reason: &'static str,
    pub event: &'a AuditEvent,
    /// Tells the owner; the outbox is to be woken afterwards.
    pub notice: Option<&'a NewMessage>,
}

/// Names and the picture; `None` leaves a value as it is.
#[derive(Default)]
pub struct ProfileChange {
    /// As shown, and the form by which names are compared.
    pub username: Option<(String, String)>,
    pub nickname: Option<(String, String)>,
    /// `Some(None)` takes the picture away.
    pub avatar_url: Option<Option<String>>,
}
