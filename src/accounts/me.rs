//! `me`: the person whose access token the request bears.

use crate::core::clock::Clock;
use crate::core::ids::UserId;
use crate::db::identities::Identity;
use crate::db::models::{AuditEvent, Session, User};
use crate::db::{Db, DbError};
use crate::sessions::{AccessTokens, Claims, Sessions};

/// Somebody whose token holds, whose session stands and whose account may be used.
pub struct Caller {
    pub user: User,
    pub session: Session,
}

/// So many entries of the audit log are shown.
const ENTRIES: i64 = 50;

/// Answers who the caller is.
#[derive(Clone)]
pub struct Me {
    db: Db,
    tokens: AccessTokens,
    sessions: Sessions,
    clock: Clock,
}

impl Me {
    #[must_use]
    pub fn new(db: Db, tokens: AccessTokens, sessions: Sessions, clock: Clock) -> Self {
        Self { db, tokens, sessions, clock }
    }

    /// The claims of a token that holds. Needs no store, unless the token names a key that may be new.
    pub async fn verify(&self, token: &str) -> Option<Claims> {
        self.tokens
            .verify(token)
            .await
            .inspect_err(|fault| tracing::debug!(%fault, "an access token was refused"))
            .ok()
    }

    /// The person and the session, when the session still stands and the account may be used.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn caller(&self, claims: &Claims) -> Result<Option<Caller>, DbError> {
        let session = self.db.find_session(claims.sid).await?;
        let Some(session) =
            session.filter(|session| session.user_id == claims.sub && self.sessions.is_live(session))
        else {
            return Ok(None);
        };
        let user = self.db.find_user(claims.sub).await?.filter(User::is_active);
        Ok(user.map(|user| Caller { user, session }))
    }

    /// The person of that id, when the account may be used.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn person(&self, id: UserId) -> Result<Option<User>, DbError> {
        Ok(self.db.find_user(id).await?.filter(User::is_active))
    }

    /// The person's sessions that stand, last used first.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn sessions(&self, user: UserId) -> Result<Vec<Session>, DbError> {
        self.db.live_sessions(user, self.clock.now()).await
    }

    /// Who the person is at social providers, first linked first.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn identities(&self, user: UserId) -> Result<Vec<Identity>, DbError> {
        self.db.identities_of(user).await
    }

    /// What happened to the person's account, newest first; at most 50 entries.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn activity(&self, user: UserId) -> Result<Vec<AuditEvent>, DbError> {
        self.db.activity(user, ENTRIES).await
    }
}
