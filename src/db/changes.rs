//! What a change of an account writes beside the change itself, in the same transaction.

use super::models::{AuditEvent, NewMessage};
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

/// A change of one account.
pub struct AccountChange<'a> {
    pub user: UserId,
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
