//! Proof, once more, by somebody who is signed in already: before credentials change and before an account goes
//! (ASVS 7.5.1). An open laptop or a stolen token is not enough.
//!
//! The proof is the password, or a session that was opened moments ago: whoever has no password signs in again by a code
//! or a provider. A refresh does not make a session fresh. Changing the password always asks for the present one, where
//! there is one (ASVS 6.2.3).

use std::time::Duration;

use chrono::TimeDelta;

use super::failed_proof;
use super::me::Caller;
use crate::audit::Audit;
use crate::core::client::Client;
use crate::core::clock::Clock;
use crate::core::secret::SecretString;
use crate::db::changes::Right;
use crate::db::{Db, DbError};
use crate::limits::{Limiter, LoginKeys};
use crate::outcome::Refusal;
use crate::passwords::{Hasher, Password, Verdict};
use crate::sessions::Method;
use crate::verification::{Denied, refusals};

/// Why somebody is not taken for the owner.
#[derive(Debug, thiserror::Error)]
pub enum Unproven {
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error("the password is wrong")]
    Rejected,
    /// No password was given, and the session is not fresh.
    #[error("a password or a fresh sign-in is asked for")]
    Required,
}

refusals!(Unproven: Refusal, DbError);

/// `?` on [`Unproven`] and on [`Unchanged`](crate::db::changes::Unchanged) in a use case whose refusal has the variants `Rejected` and `Required`.
macro_rules! unproven {
    ($refusal:ident) => {
        impl From<$crate::accounts::reauthentication::Unproven> for $refusal {
            fn from(unproven: $crate::accounts::reauthentication::Unproven) -> Self {
                match unproven {
                    $crate::accounts::reauthentication::Unproven::Denied(denied) => Self::Denied(denied),
                    $crate::accounts::reauthentication::Unproven::Rejected => Self::Rejected,
                    $crate::accounts::reauthentication::Unproven::Required => Self::Required,
                }
            }
        }

        /// What was proven, or the session, did not last until the change was written.
        impl From<$crate::db::changes::Unchanged> for $refusal {
            fn from(unchanged: $crate::db::changes::Unchanged) -> Self {
                match unchanged {
                    $crate::db::changes::Unchanged::Shut => {
                        Self::Denied($crate::verification::Denied::SignedOut)
                    }
                    $crate::db::changes::Unchanged::Unproven => Self::Rejected,
                }
            }
        }
    };
}
pub(crate) use unproven;

/// Asks people who are signed in to prove it again.
#[derive(Clone)]
pub struct Reauthentication {
    pub db: Db,
    pub limits: Limiter,
    pub hasher: Hasher,
    pub audit: Audit,
    pub clock: Clock,
    /// How long after a sign-in its session is fresh.
    pub fresh: Duration,
}

impl Reauthentication {
    /// By the password where one is given, else by a fresh session. The answer is by what right the caller changes the
    /// account: it is looked at once more when the change is written.
    pub async fn check<'a>(
        &self,
        caller: &'a Caller,
        password: Option<SecretString>,
        client: &Client,
    ) -> Result<Right<'a>, Unproven> {
        match password {
            Some(password) => self.by_password(caller, password, client).await,
            None => self.by_fresh_session(caller),
        }
    }

    /// Whether the session was opened a moment ago.
    pub(super) fn by_fresh_session<'a>(&self, caller: &'a Caller) -> Result<Right<'a>, Unproven> {
        let fresh = TimeDelta::from_std(self.fresh).unwrap_or_default();
        let age = self.clock.now() - caller.session.created_at.0;
        if age > fresh {
            return Err(Unproven::Required);
        }
        Ok(Right::Session { id: caller.session.id, password: None })
    }

    /// By the password. Wrong ones count like failed logins of the account.
    pub(super) async fn by_password<'a>(
        &self,
        caller: &'a Caller,
        password: SecretString,
        client: &Client,
    ) -> Result<Right<'a>, Unproven> {
        let user = &caller.user;
        // The device that the session was opened on, whether or not the request bears its cookie: strangers who try
        // passwords elsewhere do not keep its owner from this.
        let device = caller.session.device_digest.clone();
        let keys = LoginKeys {
            account: user.id.to_string(),
            network: client.network(),
            known_device: device.or_else(|| Some(caller.session.id.0.as_bytes().to_vec())),
        };
        let attempt = self.limits.login(keys).await?;
        let verdict = self.hasher.verify(&Password::new(password), user.password_hash.as_deref()).await?;
        match verdict {
            Verdict::Match { .. } => {
                attempt.succeeded().await;
                Ok(Right::Session { id: caller.session.id, password: user.password_hash.as_deref() })
            }
            Verdict::Mismatch => {
                attempt.failed();
                let (id, session) = (Some(user.id), Some(caller.session.id));
                let method = Method::Password.word();
                failed_proof::write_down(&self.db, &self.audit, id, session, method, client).await;
                Err(Unproven::Rejected)
            }
        }
    }
}
