//! `login`: signs in with a user name, mobile number or e-mail address, and the password.
//!
//! A stranger cannot distinguish an unknown account from a wrong password: the response and the work are the same (one
//! password verification, one audit entry, one charge of the same limits).

use super::super::service::Accounts;
use crate::captcha::{CaptchaAnswer, CaptchaClaim, CaptchaRefusal, Subject};
use crate::config::captcha::CaptchaAction;
use crate::core::client::Client;
use crate::core::identifier::LoginIdentifier;
use crate::core::ids::UserId;
use crate::core::invalid_value::InvalidValue;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::db::WriteError;
use crate::db::models::User;
use crate::limits::LoginKeys;
use crate::outcome::{FieldErrors, Refusal};
use crate::passwords::{Password, Verdict};
use crate::sessions::{SessionMethod, SignedIn};

/// The input of `login`.
pub struct LoginInput {
    pub credentials: PasswordCredentials,
    pub remember: bool,
    pub captcha: Option<CaptchaAnswer>,
}

/// An account and its password, as typed.
pub struct PasswordCredentials {
    /// A user name, mobile number or e-mail address.
    pub account: String,
    pub password: SecretString,
}

/// Why the user was not signed in.
#[derive(Debug, thiserror::Error)]
pub enum LoginRefusal {
    #[error("unknown account or wrong password")]
    WrongCredentials,
    #[error("the account is disabled")]
    AccountDisabled,
    #[error(transparent)]
    Captcha(#[from] CaptchaRefusal),
    #[error(transparent)]
    Shared(#[from] Refusal),
}

/// The user whose password was verified.
pub struct PasswordVerified {
    pub user: User,
    /// Whether the stored hash has outdated parameters.
    rehash: bool,
}

/// In characters. No identifier is longer; a longer text is refused before it is parsed.
const LONGEST_ACCOUNT: u32 = 254;

impl Accounts {
    /// Verifies the password and opens a session.
    #[tracing::instrument(skip_all)]
    pub async fn login(&self, input: LoginInput, client: &Client) -> Result<SignedIn, LoginRefusal> {
        let LoginInput { credentials, remember, captcha } = input;
        let claim = CaptchaClaim { action: CaptchaAction::Login, answer: captcha.as_ref() };
        let mut verified = self.verify_password(&credentials, "", Some(claim), client).await?;
        let method = SessionMethod::Password;
        let mut opened = self.sessions.open(verified.user.clone(), method.clone(), remember, client).await;
        if let Err(WriteError::Stale(_)) = opened {
            // A concurrent login may have re-hashed the password; verify against the new hash.
            verified = self.verify_password(&credentials, "", None, client).await?;
            opened = self.sessions.open(verified.user.clone(), method, remember, client).await;
        }
        let opened = WriteError::stale_as_none(opened)?.ok_or(LoginRefusal::WrongCredentials)?;
        self.rehash(&verified, &credentials.password).await;
        Ok(opened)
    }

    /// Verifies a password without opening a session. Field errors are noted under `prefix`, which ends with a dot or is
    /// empty. `captcha` is `None` if this request has passed it already.
    pub(super) async fn verify_password(
        &self,
        credentials: &PasswordCredentials,
        prefix: &str,
        captcha: Option<CaptchaClaim<'_>>,
        client: &Client,
    ) -> Result<PasswordVerified, LoginRefusal> {
        check(credentials, prefix)?;
        let account = LoginIdentifier::parse(&credentials.account, &self.settings.regions);
        let user = match &account {
            Some(identifier) => self.kit.db.find_user_by_identifier(identifier).await?,
            None => None,
        };
        let device = client.device_digest();
        let device_known = match &device {
            // The query runs for unknown accounts as well: otherwise the response for existing ones would take longer.
            Some(device) => {
                let id = user.as_ref().map_or(UserId(uuid::Uuid::nil()), |user| user.id);
                self.kit.db.device_is_known(id, device).await?
            }
            None => false,
        };
        // All identifiers of an account share one count.
        let key = match (&user, &account) {
            (Some(user), _) => user.id.to_string(),
            (None, Some(account)) => account.key(),
            (None, None) => credentials.account.clone(),
        };
        let keys = LoginKeys {
            account: key,
            network: client.network(),
            known_device: device.filter(|_| device_known),
        };
        let attempt = self.kit.limits.login(keys.clone()).await?;
        if let Some(claim) = captcha {
            self.captcha.check(claim, Subject::Account(&keys), client).await?;
        }
        let stored = user.as_ref().and_then(|user| user.password_hash.as_deref());
        let verdict = self.hasher.verify(&Password::new(credentials.password.clone()), stored).await?;
        let (Some(user), Verdict::Match { rehash }) = (user.as_ref(), verdict) else {
            attempt.failed();
            self.captcha.failed(Subject::Account(&keys), client).await;
            self.sessions.record_failure(user.as_ref(), SessionMethod::Password.audit_name(), client).await;
            return Err(LoginRefusal::WrongCredentials);
        };
        attempt.succeeded().await;
        self.captcha.signed_in(&keys).await;
        if !user.is_active() {
            self.sessions.record_failure(Some(user), SessionMethod::Password.audit_name(), client).await;
            return Err(LoginRefusal::AccountDisabled);
        }
        Ok(PasswordVerified { user: user.clone(), rehash })
    }

    /// Replaces a hash with outdated parameters. A failure costs nothing: the next sign-in tries again.
    async fn rehash(&self, verified: &PasswordVerified, password: &SecretString) {
        let Some(old) = verified.user.password_hash.as_ref().filter(|_| verified.rehash) else { return };
        let Ok(new) = self.hasher.hash(&Password::new(password.clone())).await else { return };
        let now = self.kit.clock.now();
        let replaced = self.kit.db.rehash_password(verified.user.id, old, &new, now).await;
        if let Err(error) = WriteError::stale_as_none(replaced) {
            tracing::warn!(%error, "a password hash could not be replaced");
        }
    }
}

fn check(credentials: &PasswordCredentials, prefix: &str) -> Result<(), Refusal> {
    let mut errors = FieldErrors::under(prefix);
    if credentials.account.trim().is_empty() {
        errors.add("account", InvalidValue::Empty);
    } else if credentials.account.chars().nth(LONGEST_ACCOUNT as usize).is_some() {
        errors.add("account", InvalidValue::TooLong(LONGEST_ACCOUNT));
    }
    if credentials.password.expose_secret().is_empty() {
        errors.add("password", InvalidValue::Empty);
    }
    errors.check()
}
