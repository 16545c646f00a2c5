//! `revokeOtherSessions`: ends all of the caller's sessions but this one.

use super::audit::{Audit, Kind};
use super::me::Caller;
use crate::core::client::Client;
use crate::core::clock::Clock;
use crate::db::{Db, DbError};

/// Ends all other sessions.
#[derive(Clone)]
pub struct RevokeOtherSessions {
    pub db: Db,
    pub audit: Audit,
    pub clock: Clock,
}

impl RevokeOtherSessions {
    /// Ends them and tells how many there were.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn run(&self, caller: &Caller, client: &Client) -> Result<usize, DbError> {
        let (user, kept) = (caller.user.id, caller.session.id);
        let event = self.audit.event(Kind::SessionsRevoked, Some(user), Some(kept), "others", client);
        self.db.revoke_sessions(user, Some(kept), "revoked", self.clock.now(), &event).await
    }
}
