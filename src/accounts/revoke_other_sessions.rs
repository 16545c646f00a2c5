//! `revokeOtherSessions`: ends all of the caller's sessions but this one.

use super::me::Caller;
use crate::audit::{Audit, Kind};
use crate::core::client::Client;
use crate::core::clock::Clock;
use crate::db::Db;
use crate::limits::Limiter;
use crate::verification::Denied;

/// Ends all other sessions.
#[derive(Clone)]
pub struct RevokeOtherSessions {
    db: Db,
    limits: Limiter,
    audit: Audit,
    clock: Clock,
}

impl RevokeOtherSessions {
    #[must_use]
    pub fn new(db: Db, limits: Limiter, audit: Audit, clock: Clock) -> Self {
        Self { db, limits, audit, clock }
    }

    /// Ends them and tells how many there were.
    ///
    /// # Errors
    /// [`Denied`].
    pub async fn run(&self, caller: &Caller, client: &Client) -> Result<usize, Denied> {
        let (user, kept) = (caller.user.id, caller.session.id);
        self.limits.revoke_others(&kept.to_string()).await?;
        let event = self.audit.event(Kind::SessionsRevoked, Some(user), Some(kept), "others", client);
        let ended = self.db.revoke_sessions(user, Some(kept), "revoked", self.clock.now(), &event).await?;
        ended.ok_or(Denied::SignedOut)
    }
}
