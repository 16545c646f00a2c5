//! `refreshSession`: a new access token for an active session.
//!
//! Refresh tokens are single-use. The previous token stays valid until the newest one was used, so that parallel tabs,
//! retried requests and lost responses do not sign anyone out. Reusing an older token revokes the session (RFC 9700,
//! section 4.14.2).

use super::access::AccessToken;
use super::refresh::{Presented, RefreshTokens, Standing};
use super::service::Sessions;
use super::signed_in::SignedIn;
use crate::audit::Kind;
use crate::core::client::Client;
use crate::core::secret::SecretString;
use crate::db::WriteError;
use crate::db::models::{Session, User};
use crate::outcome::Refusal;

/// Why the session was not refreshed.
#[derive(Debug, thiserror::Error)]
pub enum RefreshSessionRefusal {
    /// The token is missing or was never issued, or its session is no longer active. Which of them is not disclosed.
    #[error("the session is no longer active")]
    SessionExpired,
    #[error(transparent)]
    Shared(#[from] Refusal),
}

/// How often the session is read again when another request rotated the token first. Afterwards the token is the
/// previous one.
const ATTEMPTS: usize = 3;

impl Sessions {
    /// Rotates the refresh token `token` or, where that is missing, the one in the caller's cookie.
    #[tracing::instrument(skip_all)]
    pub async fn refresh_session(
        &self,
        token: Option<SecretString>,
        client: &Client,
    ) -> Result<SignedIn, RefreshSessionRefusal> {
        self.kit.limits.refresh(&client.network()).await?;
        let token = token.or_else(|| client.refresh.clone());
        let presented = token.as_ref().and_then(RefreshTokens::read);
        let refreshed = match presented {
            Some(presented) => self.refreshed(&presented, client).await?,
            None => None,
        };
        refreshed.ok_or(RefreshSessionRefusal::SessionExpired)
    }

    async fn refreshed(&self, presented: &Presented, client: &Client) -> Result<Option<SignedIn>, Refusal> {
        for _ in 0..ATTEMPTS {
            let Some(session) = self.kit.db.find_session(presented.session).await? else { return Ok(None) };
            let Some(standing) = self.standing(presented, &session) else { return Ok(None) };
            if !self.is_active(&session) {
                return Ok(None);
            }
            match standing {
                Standing::Newest => {
                    let Some(user) = self.active_owner(&session).await? else { return Ok(None) };
                    // Issued first: a hook that fails must not use up the refresh token.
                    let access = self.access_token(&session, &(&user).into()).await?;
                    if let Some(session) = self.rotate(session, presented).await? {
                        return Ok(Some(self.refreshed_session(user, access, &session)));
                    }
                }
                Standing::Previous => {
                    let Some(user) = self.active_owner(&session).await? else { return Ok(None) };
                    let access = self.access_token(&session, &(&user).into()).await?;
                    return Ok(Some(self.refreshed_session(user, access, &session)));
                }
                Standing::Spent => {
                    self.revoke_reused(&session, client).await?;
                    return Ok(None);
                }
                Standing::Unknown => return Ok(None),
            }
        }
        Ok(None)
    }

    async fn active_owner(&self, session: &Session) -> Result<Option<User>, Refusal> {
        Ok(self.kit.db.find_user(session.user_id).await?.filter(User::is_active))
    }

    /// Returns the session after the rotation; `None` when another request rotated it first.
    async fn rotate(&self, mut session: Session, presented: &Presented) -> Result<Option<Session>, Refusal> {
        let idle_end = self.idle_end(session.remember, session.expires_at.0);
        let now = self.kit.clock.now();
        let rotated = self.kit.db.rotate_session(session.id, presented.generation, idle_end, now).await;
        session.refresh_generation = presented.generation.saturating_add(1);
        Ok(WriteError::stale_as_none(rotated)?.map(|()| session))
    }

    fn refreshed_session(&self, user: User, access: AccessToken, session: &Session) -> SignedIn {
        let refresh = self.newest_refresh_token(session);
        SignedIn { user, access, refresh, new_account: false, new_device: None }
    }

    /// Revokes a session whose token was used twice: somebody has a copy, and the gateway cannot tell who the owner is.
    async fn revoke_reused(&self, session: &Session, client: &Client) -> Result<(), Refusal> {
        tracing::warn!(session = %session.id, "a refresh token was reused; its session is revoked");
        let kind = Kind::RefreshTokenReused;
        let (user, id) = (Some(session.user_id), Some(session.id));
        let event = self.kit.audit.event(kind, user, id, "refresh_token", client);
        let revoked = self.kit.db.revoke_session(session.id, kind.into(), self.kit.clock.now(), &event).await;
        // A concurrent request may have revoked it already.
        WriteError::stale_as_none(revoked)?;
        Ok(())
    }
}
