//! The result of every sign-in: a session, its tokens, and the user.

use super::access::AccessToken;
use super::claims::TokenSubject;
use super::service::Sessions;
use crate::audit::Kind;
use crate::core::client::Client;
use crate::core::clock::Instant;
use crate::core::secret::SecretString;
use crate::db::WriteError;
use crate::db::changes::Stale;
use crate::db::models::{AuditEvent, Credential, Session, User};
use crate::db::types::SessionMethod;
use crate::outcome::Refusal;

/// A user who has signed in.
pub struct SignedIn {
    pub user: User,
    pub access: AccessToken,
    pub refresh: Option<RefreshToken>,
    /// Whether the account was created by this request.
    pub new_account: bool,
    /// The device cookie to set, where the browser had none.
    pub new_device: Option<SecretString>,
}

/// A refresh token and the end of its session.
pub struct RefreshToken {
    pub token: SecretString,
    /// Whether the browser may keep the token after it was closed.
    pub remember: bool,
    pub expires_at: Instant,
}

/// A session to be inserted in the caller's transaction, with the tokens that the client receives afterwards.
pub struct Draft {
    pub session: Session,
    /// The audit entry of the sign-in.
    pub event: AuditEvent,
    access: AccessToken,
    refresh: Option<RefreshToken>,
    new_device: Option<SecretString>,
}

impl Draft {
    /// Returns what the client receives once the session is written.
    #[must_use]
    pub fn finish(self, user: User, new_account: bool) -> SignedIn {
        let Self { access, refresh, new_device, .. } = self;
        SignedIn { user, access, refresh, new_account, new_device }
    }
}

impl Sessions {
    /// Writes a session with its audit entry. Stale if the account is no longer active or no longer has the credential.
    pub async fn open(
        &self,
        user: User,
        method: SessionMethod,
        remember: bool,
        client: &Client,
    ) -> Result<SignedIn, WriteError> {
        let credential = credential(&user, &method).ok_or(WriteError::Stale(Stale::Credential))?;
        let draft = self.draft(&user, method, remember, client).await?;
        self.kit.db.open_session(&draft.session, &credential, &draft.event).await?;
        Ok(draft.finish(user, false))
    }

    /// Builds a session to be inserted in the caller's transaction.
    ///
    /// The access token is signed first: a failure to sign must not leave a session behind.
    pub async fn draft<'a>(
        &self,
        subject: impl Into<TokenSubject<'a>>,
        method: SessionMethod,
        remember: bool,
        client: &Client,
    ) -> Result<Draft, Refusal> {
        let subject = subject.into();
        let new = self.new_session(subject.id, method, remember, client);
        let (id, method) = (Some(new.row.id), new.row.method.audit_name());
        let event = self.kit.audit.event(Kind::SignedIn, Some(subject.id), id, method, client);
        let access = self.access_token(&new.row, &subject).await?;
        let refresh = self.newest_refresh_token(&new.row);
        Ok(Draft { session: new.row, event, access, refresh, new_device: new.new_device })
    }

    /// Returns the newest refresh token of a session, with its end.
    pub(super) fn newest_refresh_token(&self, session: &Session) -> Option<RefreshToken> {
        let token = self.refresh_token(session)?;
        Some(RefreshToken { token, remember: session.remember, expires_at: session.expires_at.0 })
    }

    /// Records a failed sign-in in the audit log. A failure to record it is logged and changes nothing for the client.
    pub async fn record_failure(&self, user: Option<&User>, method: &str, client: &Client) {
        let event = self.kit.audit.event(Kind::SignInFailed, user.map(|user| user.id), None, method, client);
        if let Err(error) = self.kit.db.record(&event).await {
            tracing::warn!(%error, "a failed sign-in could not be recorded");
        }
    }
}

/// Returns the credential that `user` was verified by, as it was read. It is compared again when the session is
/// written.
#[must_use]
pub fn credential(user: &User, method: &SessionMethod) -> Option<Credential> {
    match method {
        SessionMethod::Password => user.password_hash.clone().map(Credential::Password),
        SessionMethod::SmsCode => user.mobile.clone().map(Credential::Mobile),
        SessionMethod::EmailCode => user.email.clone().map(Credential::Email),
        // An account can have several identities, so the session is written together with the identity.
        SessionMethod::Provider(_) => None,
    }
}
