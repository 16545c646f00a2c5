//! `logout`: ends the caller's session.

use crate::audit::{Audit, Kind};
use crate::core::client::Client;
use crate::core::clock::Clock;
use crate::core::ids::SessionId;
use crate::db::models::Session;
use crate::db::{Db, DbError};
use crate::sessions::{Claims, RefreshTokens, Sessions};

/// Signs people out.
#[derive(Clone)]
pub struct Logout {
    pub db: Db,
    pub sessions: Sessions,
    pub audit: Audit,
    pub clock: Clock,
}

impl Logout {
    /// Ends the session of the access token and that of the refresh cookie, whichever there are. Somebody who is signed
    /// out already is told the same.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn run(&self, claims: Option<&Claims>, client: &Client) -> Result<(), DbError> {
        if let Some(claims) = claims {
            self.end(claims.sid, client, |session| session.user_id == claims.sub).await?;
        }
        if let Some(presented) = client.refresh.as_ref().and_then(RefreshTokens::read) {
            let proven = |session: &Session| self.sessions.standing(&presented, session).is_some();
            self.end(presented.session, client, proven).await?;
        }
        Ok(())
    }

    async fn end(
        &self,
        id: SessionId,
        client: &Client,
        proven: impl Fn(&Session) -> bool,
    ) -> Result<(), DbError> {
        let Some(session) = self.db.find_session(id).await?.filter(proven) else { return Ok(()) };
        let event =
            self.audit.event(Kind::SignedOut, Some(session.user_id), Some(id), &session.method, client);
        self.db.revoke_session(id, "logout", self.clock.now(), &event).await.map(drop)
    }
}
