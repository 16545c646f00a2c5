//! `revokeOtherSessions`: revokes all of the caller's sessions except for the current one.

use super::caller::Caller;
use super::service::Sessions;
use crate::audit::Kind;
use crate::core::client::Client;
use crate::db::WriteError;
use crate::outcome::Refusal;

impl Sessions {
    /// Revokes the other sessions and returns their number.
    #[tracing::instrument(skip_all, fields(user = %caller.user.id))]
    pub async fn revoke_other_sessions(&self, caller: &Caller, client: &Client) -> Result<usize, Refusal> {
        let (user, kept) = (caller.user.id, caller.session.id);
        self.kit.limits.revoke_others(&kept.to_string()).await?;
        let event = self.kit.audit.event(Kind::SessionsRevoked, Some(user), Some(kept), "others", client);
        let now = self.kit.clock.now();
        let revoked = self.kit.db.revoke_sessions(user, Some(kept), "revoked", now, &event).await;
        WriteError::stale_as_none(revoked)?.ok_or(Refusal::SessionEnded)
    }
}
