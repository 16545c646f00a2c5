//! `login`: a user name, mobile number or e-mail address, and the password.
//!
//! A stranger cannot tell an unknown account from a wrong password: same answer, same work (one password
//! verification, one audit entry, one charge of the same limits).

use super::signed_in::{OpenFault, SignIn, SignedIn};
use crate::captcha::{Captcha, CaptchaAnswer, CaptchaRefusal};
use crate::config::accounts::AccountSettings;
use crate::core::client::Client;
use crate::core::clock::Clock;
use crate::core::identifier::Account;
use crate::core::ids::UserId;
use crate::core::invalid_value::InvalidValue;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::db::models::User;
use crate::db::{Db, DbError};
use crate::limits::{Limiter, LoginKeys};
use crate::outcome::FieldError;
use crate::outcome::Refusal;
use crate::passwords::{Hasher, Password, Verdict};
use crate::sessions::Method;
use crate::verification::{Denied, refusals};

/// What the person filled in.
pub struct Credentials {
    pub account: String,
    pub password: SecretString,
    pub remember: bool,
    pub captcha: Option<CaptchaAnswer>,
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum LoginRefusal {
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error("account or password is wrong")]
    Rejected,
    #[error("the account is disabled")]
    Disabled,
}

refusals!(LoginRefusal: Refusal, CaptchaRefusal, Vec<FieldError>, DbError, OpenFault);

/// Signs people in by password.
#[derive(Clone)]
pub struct Login {
    pub db: Db,
    pub limits: Limiter,
    pub captcha: Captcha,
    pub hasher: Hasher,
    pub sign_in: SignIn,
    pub settings: AccountSettings,
    pub clock: Clock,
}

/// More than any identifier has; the account is read by nobody before this holds.
const LONGEST_ACCOUNT: u32 = 254;

impl Login {
    /// Checks the credentials and opens a session.
    ///
    /// # Errors
    /// [`LoginRefusal`].
    pub async fn run(&self, input: Credentials, client: &Client) -> Result<SignedIn, LoginRefusal> {
        let typed = PasswordProof { account: input.account, password: input.password };
        let mut proven = self.prove(&typed, "", input.captcha.as_ref(), client).await?;
        let mut opened =
            self.sign_in.open(proven.user.clone(), Method::Password, input.remember, client).await?;
        if opened.is_none() {
            // Another login has renewed the hash between our look and now: the password is looked at once more.
            proven = self.prove(&typed, "", input.captcha.as_ref(), client).await?;
            opened = self.sign_in.open(proven.user.clone(), Method::Password, input.remember, client).await?;
        }
        let opened = opened.ok_or(LoginRefusal::Rejected)?;
        self.renew_hash(&proven, &typed.password).await;
        Ok(opened)
    }

    /// Checks that the caller has the password of an account that may be used; opens nothing. Faults are told under
    /// `prefix`, which ends with a dot or is empty.
    ///
    /// # Errors
    /// [`LoginRefusal`].
    pub async fn prove(
        &self,
        typed: &PasswordProof,
        prefix: &str,
        captcha: Option<&CaptchaAnswer>,
        client: &Client,
    ) -> Result<ProvenAccount, LoginRefusal> {
        typed.check(prefix)?;
        let account = Account::parse(&typed.account, &self.settings.regions);
        let user = self.find(account.as_ref()).await?;
        let device = client.device_digest();
        let device_known = match &device {
            // Also asked of nobody: else a refusal would come later for accounts that exist.
            Some(device) => {
                let id = user.as_ref().map_or(UserId(uuid::Uuid::nil()), |user| user.id);
                self.db.device_is_known(id, device).await?
            }
            None => false,
        };
        // One account is one bucket, whichever of its names is typed.
        let key = match (&user, &account) {
            (Some(user), _) => user.id.to_string(),
            (None, Some(account)) => account.key(),
            (None, None) => typed.account.clone(),
        };
        let keys = LoginKeys {
            account: key,
            network: client.network(),
            known_device: device.filter(|_| device_known),
        };
        let attempt = self.limits.login(keys).await?;
        self.captcha.check(captcha, client.address).await?;
        let stored = user.as_ref().and_then(|user| user.password_hash.as_deref());
        let verdict = self.hasher.verify(&Password::new(typed.password.clone()), stored).await?;
        let (Some(user), Verdict::Match { rehash }) = (user.as_ref(), verdict) else {
            attempt.failed();
            self.sign_in.failed(user.as_ref(), Method::Password, client).await;
            return Err(LoginRefusal::Rejected);
        };
        attempt.succeeded().await;
        if !user.is_active() {
            self.sign_in.failed(Some(user), Method::Password, client).await;
            return Err(LoginRefusal::Disabled);
        }
        Ok(ProvenAccount { user: user.clone(), rehash })
    }

    async fn find(&self, account: Option<&Account>) -> Result<Option<User>, DbError> {
        match account {
            Some(Account::Username(key)) => self.db.find_user_by_username(key).await,
            Some(Account::Mobile(mobile)) => self.db.find_user_by_mobile(mobile).await,
            Some(Account::Email(key)) => self.db.find_user_by_email(key).await,
            None => Ok(None),
        }
    }

    /// Hashes anew where the parameters rose since the hash was made. A failure costs nothing: the next sign-in tries
    /// again.
    pub async fn renew_hash(&self, proven: &ProvenAccount, password: &SecretString) {
        let Some(old) = proven.user.password_hash.as_ref().filter(|_| proven.rehash) else { return };
        let Ok(new) = self.hasher.hash(&Password::new(password.clone())).await else {
            return;
        };
        if let Err(error) = self.db.rehash_password(proven.user.id, old, &new, self.clock.now()).await {
            tracing::warn!(%error, "a password hash could not be renewed");
        }
    }
}

/// An account and its password, as typed.
pub struct PasswordProof {
    /// User name, mobile number or e-mail address.
    pub account: String,
    pub password: SecretString,
}

/// Whose password it was.
pub struct ProvenAccount {
    pub user: User,
    /// Whether the hash is to be renewed.
    rehash: bool,
}

impl PasswordProof {
    fn check(&self, prefix: &str) -> Result<(), Vec<FieldError>> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, fault| faults.push(FieldError::new(format!("{prefix}{field}"), fault));
        if self.account.trim().is_empty() {
            fault("account", InvalidValue::Empty);
        } else if self.account.chars().nth(LONGEST_ACCOUNT as usize).is_some() {
            fault("account", InvalidValue::TooLong(LONGEST_ACCOUNT));
        }
        if self.password.expose_secret().is_empty() {
            fault("password", InvalidValue::Empty);
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}
