//! `refreshSession`: a new access token for a session that goes on.
//!
//! A refresh token is good once; the one before the newest stays good until the newest was used, so that parallel tabs,
//! retried requests and lost answers sign nobody out. A token older than that has been used by two: its session ends
//! (RFC 9700, section 4.14.2).

use super::signed_in::{OpenFault, RefreshToken, SignedIn};
use crate::audit::{Audit, Kind};
use crate::core::client::Client;
use crate::core::clock::Clock;
use crate::core::secret::SecretString;
use crate::db::models::{Session, User};
use crate::db::{Db, DbError};
use crate::limits::Limiter;
use crate::outcome::Refusal;
use crate::sessions::{Presented, RefreshTokens, Sessions, Standing};
use crate::verification::{Denied, refusals};

/// Why the session does not go on.
#[derive(Debug, thiserror::Error)]
pub enum RefreshRefusal {
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No token, none of ours, or its session has ended. Which of them is not said.
    #[error("the session has ended")]
    Rejected,
}

refusals!(RefreshRefusal: Refusal, DbError, OpenFault);

/// Lets sessions go on.
#[derive(Clone)]
pub struct RefreshSession {
    pub db: Db,
    pub limits: Limiter,
    pub sessions: Sessions,
    pub audit: Audit,
    pub clock: Clock,
}

/// How often we look again when another call was faster: after the first look the token is the previous one.
const LOOKS: usize = 3;

impl RefreshSession {
    /// Rotates the token in `token` or, where that is missing, in the caller's cookie.
    ///
    /// # Errors
    /// [`RefreshRefusal`].
    pub async fn run(
        &self,
        token: Option<SecretString>,
        client: &Client,
    ) -> Result<SignedIn, RefreshRefusal> {
        self.limits.refresh(&client.network()).await?;
        let token = token.or_else(|| client.refresh.clone()).ok_or(RefreshRefusal::Rejected)?;
        let presented = RefreshTokens::read(&token).ok_or(RefreshRefusal::Rejected)?;
        for _ in 0..LOOKS {
            let session = self.db.find_session(presented.session).await?.ok_or(RefreshRefusal::Rejected)?;
            let standing = self.sessions.standing(&presented, &session).ok_or(RefreshRefusal::Rejected)?;
            if !self.sessions.is_live(&session) {
                return Err(RefreshRefusal::Rejected);
            }
            match standing {
                Standing::Newest => {
                    let user = self.bearer(&session).await?;
                    if let Some(session) = self.rotate(session, &presented).await? {
                        return self.answer(user, &session);
                    }
                }
                Standing::Previous => {
                    let user = self.bearer(&session).await?;
                    return self.answer(user, &session);
                }
                Standing::Spent => {
                    self.end(&session, client).await?;
                    return Err(RefreshRefusal::Rejected);
                }
                Standing::Unknown => return Err(RefreshRefusal::Rejected),
            }
        }
        Err(RefreshRefusal::Rejected)
    }

    async fn bearer(&self, session: &Session) -> Result<User, RefreshRefusal> {
        let user = self.db.find_user(session.user_id).await?;
        user.filter(User::is_active).ok_or(RefreshRefusal::Rejected)
    }

    /// The session as it stands afterwards; `None` when another call was faster.
    async fn rotate(&self, mut session: Session, presented: &Presented) -> Result<Option<Session>, DbError> {
        let idle_end = self.sessions.idle_end(session.remember, session.expires_at.0);
        let now = self.clock.now();
        let rotated = self.db.rotate_session(session.id, presented.generation, idle_end, now).await?;
        session.refresh_generation = presented.generation.saturating_add(1);
        Ok(rotated.then_some(session))
    }

    fn answer(&self, user: User, session: &Session) -> Result<SignedIn, RefreshRefusal> {
        let access = self.sessions.access_token(session, user.roles()).map_err(OpenFault::from)?;
        let refresh = RefreshToken::of(session, &self.sessions);
        Ok(SignedIn { user, access, refresh, new_account: false, new_device: None })
    }

    /// Two have this family of tokens, and we cannot tell which of them is the owner.
    async fn end(&self, session: &Session, client: &Client) -> Result<(), DbError> {
        tracing::warn!(session = %session.id, "a spent refresh token was used again; its session is ended");
        let kind = Kind::RefreshTokenReused;
        let event = self.audit.event(kind, Some(session.user_id), Some(session.id), "refresh_token", client);
        self.db.revoke_session(session.id, kind.word(), self.clock.now(), &event).await.map(drop)
    }
}
