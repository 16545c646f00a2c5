//! `loginWithCode`: a code to the account's mobile number or e-mail address instead of the password.

use super::proof::ContactInput;
use super::signed_in::{OpenFault, SignIn, SignedIn};
use crate::captcha::{Captcha, CaptchaAnswer, CaptchaRefusal};
use crate::config::accounts::AccountSettings;
use crate::core::client::Client;
use crate::core::problem::FieldFault;
use crate::db::{Db, DbError};
use crate::limits::{LimitError, Limiter};
use crate::sessions::Method;
use crate::verification::{CodeRejection, Codes, Contact, Denied, Purpose, refusals};

/// What the person filled in.
pub struct CodeCredentials {
    pub contact: ContactInput,
    pub remember: bool,
    pub captcha: Option<CaptchaAnswer>,
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum CodeLoginRefusal {
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error("the code is not good")]
    Code { reason: CodeRejection, attempts_left: u32 },
    /// The address is the caller's, but no account has it.
    #[error("no account has this address")]
    Rejected,
    #[error("the account is disabled")]
    Disabled,
}

refusals!(codes CodeLoginRefusal: LimitError, CaptchaRefusal, Vec<FieldFault>, DbError, OpenFault);

/// Signs people in by code.
#[derive(Clone)]
pub struct LoginWithCode {
    pub db: Db,
    pub codes: Codes,
    pub limits: Limiter,
    pub captcha: Captcha,
    pub sign_in: SignIn,
    pub settings: AccountSettings,
}

impl LoginWithCode {
    /// Redeems the code, then opens a session. Whether an account has the address is told only to its owner.
    ///
    /// # Errors
    /// [`CodeLoginRefusal`].
    pub async fn run(&self, input: CodeCredentials, client: &Client) -> Result<SignedIn, CodeLoginRefusal> {
        let mut faults = Vec::new();
        let claim = input.contact.parse(&self.settings.regions, &self.codes, &mut faults);
        let Some(claim) = claim.filter(|_| faults.is_empty()) else {
            return Err(faults.into());
        };
        self.limits.redeem(&client.network()).await?;
        self.captcha.check(input.captcha.as_ref(), client.address).await?;
        let redemption = self.codes.redeem(Purpose::Login, &claim.contact.key(), &claim.code).await?;
        let outcome = self.sign_in(&claim.contact, input.remember, client).await;
        if matches!(outcome, Err(CodeLoginRefusal::Denied(_))) {
            self.codes.restore(redemption).await;
        }
        outcome
    }

    async fn sign_in(
        &self,
        contact: &Contact,
        remember: bool,
        client: &Client,
    ) -> Result<SignedIn, CodeLoginRefusal> {
        let (user, method) = match contact {
            Contact::Mobile(mobile) => (self.db.find_user_by_mobile(mobile.e164()).await?, Method::SmsCode),
            Contact::Email(email) => (self.db.find_user_by_email(email.key()).await?, Method::EmailCode),
        };
        let Some(user) = user else {
            self.sign_in.failed(None, method, client).await;
            return Err(CodeLoginRefusal::Rejected);
        };
        if !user.is_active() {
            self.sign_in.failed(Some(&user), method, client).await;
            return Err(CodeLoginRefusal::Disabled);
        }
        self.sign_in.open(user, method, remember, client).await?.ok_or(CodeLoginRefusal::Rejected)
    }
}
