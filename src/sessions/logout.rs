//! `logout`: revokes the caller's session.

use super::access::Claims;
use super::refresh::RefreshTokens;
use super::service::Sessions;
use crate::audit::Kind;
use crate::core::client::Client;
use crate::core::ids::SessionId;
use crate::db::WriteError;
use crate::db::models::Session;
use crate::outcome::Refusal;

impl Sessions {
    /// Revokes the session of the access token and that of the refresh cookie, whichever are present. Succeeds when the
    /// session is no longer active.
    #[tracing::instrument(skip_all)]
    pub async fn logout(&self, claims: Option<&Claims>, client: &Client) -> Result<(), Refusal> {
        if let Some(claims) = claims {
            self.revoke(claims.sid, client, |session| session.user_id == claims.sub).await?;
        }
        if let Some(presented) = client.refresh.as_ref().and_then(RefreshTokens::read) {
            let issued = |session: &Session| self.standing(&presented, session).is_some();
            self.revoke(presented.session, client, issued).await?;
        }
        Ok(())
    }

    async fn revoke(
        &self,
        id: SessionId,
        client: &Client,
        authorized: impl Fn(&Session) -> bool,
    ) -> Result<(), Refusal> {
        let Some(session) = self.kit.db.find_session(id).await?.filter(authorized) else { return Ok(()) };
        let event = self.kit.audit.event(
            Kind::SignedOut,
            Some(session.user_id),
            Some(id),
            &session.method.to_string(),
            client,
        );
        let revoked = self.kit.db.revoke_session(id, "logout", self.kit.clock.now(), &event).await;
        WriteError::stale_as_none(revoked)?;
        Ok(())
    }
}
