//! The caller: the user whose access token came with a request.

use super::access::Claims;
use super::service::Sessions;
use crate::core::ids::UserId;
use crate::db::models::{Session, User};
use crate::outcome::Refusal;

/// A caller whose token is valid, whose session is active and whose account is active.
pub struct Caller {
    pub user: User,
    pub session: Session,
}

impl Sessions {
    /// Returns the claims of a valid access token. No store is read, unless the token names an unknown key.
    pub async fn verify_token(&self, token: &str) -> Option<Claims> {
        self.access
            .verify(token)
            .await
            .inspect_err(|error| tracing::debug!(%error, "an access token was rejected"))
            .ok()
    }

    /// Returns the account and the session of a token; `None` when the session or the account is no longer active.
    pub async fn caller(&self, claims: &Claims) -> Result<Option<Caller>, Refusal> {
        let session = self.kit.db.find_session(claims.sid).await?;
        let Some(session) =
            session.filter(|session| session.user_id == claims.sub && self.is_active(session))
        else {
            return Ok(None);
        };
        let user = self.kit.db.find_user(claims.sub).await?.filter(User::is_active);
        Ok(user.map(|user| Caller { user, session }))
    }

    /// Returns the active sessions of a user, last used first.
    #[tracing::instrument(skip_all, fields(user = %user))]
    pub async fn list_sessions(&self, user: UserId) -> Result<Vec<Session>, Refusal> {
        self.kit.db.active_sessions(user, self.kit.clock.now()).await
    }
}
