//! `revokeSession`: ends one of the caller's sessions, from this one or another.

use super::me::Caller;
use crate::audit::{Audit, Kind};
use crate::core::client::Client;
use crate::core::clock::Clock;
use crate::core::ids::SessionId;
use crate::db::{Db, DbError};
use crate::sessions::Sessions;
use crate::verification::{Denied, refusals};

/// Why no session was ended.
#[derive(Debug, thiserror::Error)]
pub enum RevokeRefusal {
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The caller has no session of that name, or it has ended.
    #[error("there is no such session")]
    Rejected,
}

refusals!(RevokeRefusal: DbError);

/// Ends sessions one by one, and lists them.
#[derive(Clone)]
pub struct RevokeSession {
    pub db: Db,
    pub sessions: Sessions,
    pub audit: Audit,
    pub clock: Clock,
}

impl RevokeSession {
    /// Ends the session `id`, when it is one of the caller's.
    ///
    /// # Errors
    /// [`RevokeRefusal`]; another person's session is answered like one that never was.
    pub async fn run(&self, id: &str, caller: &Caller, client: &Client) -> Result<(), RevokeRefusal> {
        let id = SessionId::parse(id).ok_or(RevokeRefusal::Rejected)?;
        let session = self.db.find_session(id).await?;
        let owned = session
            .filter(|session| session.user_id == caller.user.id && self.sessions.is_live(session))
            .ok_or(RevokeRefusal::Rejected)?;
        let event =
            self.audit.event(Kind::SessionsRevoked, Some(caller.user.id), Some(owned.id), "one", client);
        let ended = self.db.revoke_session(owned.id, "revoked", self.clock.now(), &event).await?;
        if ended { Ok(()) } else { Err(RevokeRefusal::Rejected) }
    }
}
