//! What every sign-in ends with: a session, its access token, and the person.

use crate::audit::{Audit, Kind};
use crate::core::client::Client;
use crate::core::clock::Instant;
use crate::core::secret::SecretString;
use crate::db::models::{AuditEvent, Proven, Session, User};
use crate::db::{Db, DbError};
use crate::sessions::{AccessToken, Method, Sessions, TokenFault};
use crate::verification::Denied;

/// A person who has just proven who they are.
pub struct SignedIn {
    pub user: User,
    pub access: AccessToken,
    /// For a new access token later on, and until when at the latest.
    pub refresh: Option<RefreshToken>,
    pub new_account: bool,
    /// The device cookie to set, where the browser had none.
    pub new_device: Option<SecretString>,
}

/// A refresh token and the end of its session.
pub struct RefreshToken {
    pub token: SecretString,
    /// Whether the browser may keep it beyond its own run.
    pub remember: bool,
    pub expires_at: Instant,
}

impl RefreshToken {
    /// The newest one of a session.
    pub(super) fn of(session: &Session, sessions: &Sessions) -> Option<Self> {
        let token = sessions.refresh_token(session)?;
        Some(Self { token, remember: session.remember, expires_at: session.expires_at.0 })
    }
}

/// Our faults while a session was being opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenFault {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Token(#[from] TokenFault),
}

impl From<OpenFault> for Denied {
    fn from(fault: OpenFault) -> Self {
        match fault {
            OpenFault::Db(error) => error.into(),
            OpenFault::Token(error) => Self::Fault(error.to_string()),
        }
    }
}

/// A session that waits to be written.
pub struct Draft {
    pub session: Session,
    /// That the person signed in.
    pub event: AuditEvent,
    access: AccessToken,
    refresh: Option<RefreshToken>,
    new_device: Option<SecretString>,
}

impl Draft {
    /// What the person is handed once the session is written.
    #[must_use]
    pub fn finish(self, user: User, new_account: bool) -> SignedIn {
        let Self { access, refresh, new_device, .. } = self;
        SignedIn { user, access, refresh, new_account, new_device }
    }
}

/// Opens sessions on accounts that exist.
#[derive(Clone)]
pub struct SignIn {
    db: Db,
    sessions: Sessions,
    audit: Audit,
}

impl SignIn {
    #[must_use]
    pub fn new(db: Db, sessions: Sessions, audit: Audit) -> Self {
        Self { db, sessions, audit }
    }

    /// Writes the session with its audit entry and signs its token. `None`: between the proof and this moment the account
    /// was closed, or lost what proved it.
    pub(super) async fn open(
        &self,
        user: User,
        method: Method,
        remember: bool,
        client: &Client,
    ) -> Result<Option<SignedIn>, OpenFault> {
        let Some(proven) = proven(&user, method) else { return Ok(None) };
        let draft = self.draft(&user, method, method.word(), remember, client)?;
        if !self.db.open_session(&draft.session, &proven, &draft.event).await? {
            return Ok(None);
        }
        Ok(Some(draft.finish(user, false)))
    }

    /// Makes a session that is written in the transaction of its cause. `way`: how the person signed in, for the audit
    /// log; for [`Method::Provider`] its slug, which the session keeps: it ends when that is unlinked. The token is signed first: one that cannot be made must not leave a session behind.
    ///
    /// # Errors
    /// [`OpenFault::Token`].
    pub fn draft(
        &self,
        user: &User,
        method: Method,
        way: &str,
        remember: bool,
        client: &Client,
    ) -> Result<Draft, OpenFault> {
        let mut opened = self.sessions.open(user.id, method, remember, client);
        if method == Method::Provider {
            opened.row.method = Session::opened_by(way);
        }
        let event = self.audit.event(Kind::SignedIn, Some(user.id), Some(opened.row.id), way, client);
        let access = self.sessions.access_token(&opened.row, user.roles())?;
        let refresh = RefreshToken::of(&opened.row, &self.sessions);
        Ok(Draft { session: opened.row, event, access, refresh, new_device: opened.new_device })
    }

    /// Writes down a sign-in that failed. The answer does not depend on it.
    pub async fn failed(&self, user: Option<&User>, method: Method, client: &Client) {
        let event =
            self.audit.event(Kind::SignInFailed, user.map(|user| user.id), None, method.word(), client);
        if let Err(error) = self.db.record(&event).await {
            tracing::warn!(%error, "a failed sign-in could not be written down");
        }
    }
}

/// What `user` proved by `method`, as it was read.
pub fn proven(user: &User, method: Method) -> Option<Proven> {
    match method {
        Method::Password => user.password_hash.clone().map(Proven::Password),
        Method::SmsCode => user.mobile.clone().map(Proven::Mobile),
        Method::EmailCode => user.email.clone().map(Proven::Email),
        // The account alone does not tell which of its identities it was: those sessions are opened with it.
        Method::Provider => None,
    }
}
