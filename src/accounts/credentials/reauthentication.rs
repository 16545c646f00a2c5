//! Re-authentication: a signed-in caller confirms their identity before credentials change and before an account is
//! deleted (ASVS 7.5.1). An unattended device or a stolen token is not enough.
//!
//! The caller gives the password, or the session was opened moments ago: a caller without a password signs in again by a
//! code or a provider. A refresh does not make a session fresh. Changing the password always asks for the current one,
//! where there is one (ASVS 6.2.3).

use chrono::TimeDelta;

use super::super::service::Accounts;
use crate::core::client::Client;
use crate::core::secret::SecretString;
use crate::db::changes::{Authorization, Stale};
use crate::db::{Taken, WriteError};
use crate::limits::LoginKeys;
use crate::outcome::Refusal;
use crate::passwords::{Password, Verdict};
use crate::sessions::{Caller, SessionMethod};

/// Why the caller was not re-authenticated.
#[derive(Debug, thiserror::Error)]
pub enum ReauthenticationRefusal {
    #[error("the current password is wrong")]
    WrongPassword,
    /// No password was given, and the session is not fresh.
    #[error("the password or a fresh sign-in is required")]
    Required,
    #[error(transparent)]
    Shared(#[from] Refusal),
}

/// For changes that were authorized by re-authentication and cannot violate a constraint.
impl From<WriteError> for ReauthenticationRefusal {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Stale(Stale::Inactive) => Self::Shared(Refusal::SessionEnded),
            WriteError::Stale(Stale::Credential) => Self::WrongPassword,
            WriteError::Failed(_)
            | WriteError::Stale(Stale::Row)
            | WriteError::Taken(
                Taken::Username
                | Taken::Nickname
                | Taken::Mobile
                | Taken::Email
                | Taken::IdentityLinked
                | Taken::ProviderLinked
                | Taken::Other,
            ) => Self::Shared(Refusal::from(error)),
        }
    }
}

impl Accounts {
    /// Re-authenticates the caller by the password where one is given, otherwise by a fresh session. The returned
    /// authorization is checked again when the change is written.
    pub(crate) async fn reauthenticate<'a>(
        &self,
        caller: &'a Caller,
        password: Option<SecretString>,
        client: &Client,
    ) -> Result<Authorization<'a>, ReauthenticationRefusal> {
        match password {
            Some(password) => self.reauthenticate_by_password(caller, password, client).await,
            None => self.reauthenticate_by_fresh_session(caller),
        }
    }

    /// Checks that the session was opened moments ago.
    pub(super) fn reauthenticate_by_fresh_session<'a>(
        &self,
        caller: &'a Caller,
    ) -> Result<Authorization<'a>, ReauthenticationRefusal> {
        let fresh = TimeDelta::from_std(self.settings.fresh_session).unwrap_or_default();
        if self.kit.clock.now() - caller.session.created_at.0 > fresh {
            return Err(ReauthenticationRefusal::Required);
        }
        Ok(Authorization::Session { id: caller.session.id, password: None })
    }

    /// Verifies the password. A wrong one counts as a failed login of the account.
    pub(super) async fn reauthenticate_by_password<'a>(
        &self,
        caller: &'a Caller,
        password: SecretString,
        client: &Client,
    ) -> Result<Authorization<'a>, ReauthenticationRefusal> {
        let user = &caller.user;
        // Counted by the device on which the session was opened, whether or not the request has its cookie: strangers
        // who try passwords elsewhere cannot lock the owner out here.
        let device = caller.session.device_digest.clone();
        let keys = LoginKeys {
            account: user.id.to_string(),
            network: client.network(),
            known_device: device.or_else(|| Some(caller.session.id.0.as_bytes().to_vec())),
        };
        let attempt = self.kit.limits.login(keys).await?;
        let verdict = self.hasher.verify(&Password::new(password), user.password_hash.as_deref()).await?;
        match verdict {
            Verdict::Match { .. } => {
                attempt.succeeded().await;
                let password = user.password_hash.as_deref();
                Ok(Authorization::Session { id: caller.session.id, password })
            }
            Verdict::Mismatch => {
                attempt.failed();
                let (id, session) = (Some(user.id), Some(caller.session.id));
                let method = SessionMethod::Password.audit_name();
                self.record_failed_verification(id, session, method, client).await;
                Err(ReauthenticationRefusal::WrongPassword)
            }
        }
    }
}
