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
use crate::core::problem::{Fault, FieldFault};
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::db::models::User;
use crate::db::{Db, DbError};
use crate::limits::{LimitError, Limiter, LoginKeys};
use crate::passwords::{Busy, Hasher, Password, Verdict};
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

refusals!(LoginRefusal: LimitError, CaptchaRefusal, Vec<FieldFault>, DbError, Busy, OpenFault);

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
        check(&input)?;
        let account = Account::parse(&input.account, &self.settings.regions);
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
            (None, None) => input.account.clone(),
        };
        let keys = LoginKeys {
            account: key,
            network: client.network(),
            known_device: device.filter(|_| device_known),
        };
        self.limits.login(&keys).await?;
        self.captcha.check(input.captcha.as_ref(), client.address).await?;
        let stored = user.as_ref().and_then(|user| user.password_hash.as_deref());
        let password = Password::new(input.password);
        let verdict = self.hasher.verify(&password, stored).await?;
        let (Some(user), Verdict::Match { rehash }) = (&user, verdict) else {
            self.sign_in.failed(user.as_ref(), Method::Password, client).await;
            return Err(LoginRefusal::Rejected);
        };
        self.limits.login_succeeded(&keys).await;
        if !user.is_active() {
            self.sign_in.failed(Some(user), Method::Password, client).await;
            return Err(LoginRefusal::Disabled);
        }
        let opened = self.sign_in.open(user.clone(), Method::Password, input.remember, client).await?;
        let opened = opened.ok_or(LoginRefusal::Rejected)?;
        if rehash {
            self.rehash(user, &password).await;
        }
        Ok(opened)
    }

    async fn find(&self, account: Option<&Account>) -> Result<Option<User>, DbError> {
        match account {
            Some(Account::Username(key)) => self.db.find_user_by_username(key).await,
            Some(Account::Mobile(mobile)) => self.db.find_user_by_mobile(mobile).await,
            Some(Account::Email(key)) => self.db.find_user_by_email(key).await,
            None => Ok(None),
        }
    }

    /// The parameters rose since this hash was made. A failure costs nothing: the next sign-in tries again.
    async fn rehash(&self, user: &User, password: &Password) {
        let Some(old) = &user.password_hash else { return };
        let Ok(new) = self.hasher.hash(password).await else {
            return;
        };
        if let Err(error) = self.db.rehash_password(user.id, old, &new, self.clock.now()).await {
            tracing::warn!(%error, "a password hash could not be renewed");
        }
    }
}

fn check(input: &Credentials) -> Result<(), Vec<FieldFault>> {
    let mut faults = Vec::new();
    if input.account.trim().is_empty() {
        faults.push(FieldFault::new("account", Fault::Empty));
    } else if input.account.chars().nth(LONGEST_ACCOUNT as usize).is_some() {
        faults.push(FieldFault::new("account", Fault::TooLong(LONGEST_ACCOUNT)));
    }
    if input.password.expose_secret().is_empty() {
        faults.push(FieldFault::new("password", Fault::Empty));
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}
