//! `revokeSession`: revokes one of the caller's sessions.

use super::caller::Caller;
use super::service::Sessions;
use crate::audit::Kind;
use crate::core::client::Client;
use crate::core::ids::SessionId;
use crate::db::WriteError;
use crate::outcome::Refusal;

/// Why no session was revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeSessionRefusal {
    /// The caller has no active session with this id.
    #[error("the caller has no such session")]
    NotFound,
    #[error(transparent)]
    Shared(#[from] Refusal),
}

impl Sessions {
    /// Revokes the session `id` if it is one of the caller's. Another user's session is reported like an unknown one.
    #[tracing::instrument(skip_all, fields(user = %caller.user.id))]
    pub async fn revoke_session(
        &self,
        id: &str,
        caller: &Caller,
        client: &Client,
    ) -> Result<(), RevokeSessionRefusal> {
        let id = SessionId::parse(id).ok_or(RevokeSessionRefusal::NotFound)?;
        let session = self.kit.db.find_session(id).await?;
        let owned = session
            .filter(|session| session.user_id == caller.user.id && self.is_active(session))
            .ok_or(RevokeSessionRefusal::NotFound)?;
        let (user, now) = (Some(caller.user.id), self.kit.clock.now());
        let event = self.kit.audit.event(Kind::SessionsRevoked, user, Some(owned.id), "one", client);
        let revoked = self.kit.db.revoke_session(owned.id, "revoked", now, &event).await;
        WriteError::stale_as_none(revoked)?.ok_or(RevokeSessionRefusal::NotFound)
    }
}
