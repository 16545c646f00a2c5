//! `loginWithCode`: a code to the account's mobile number or e-mail address instead of the password.

use super::proof::ContactInput;
use super::signed_in::{OpenFault, SignIn, SignedIn};
use crate::captcha::{Captcha, CaptchaAnswer, CaptchaRefusal};
use crate::config::accounts::AccountSettings;
use crate::core::client::Client;
use crate::db::models::User;
use crate::db::{Db, DbError};
use crate::limits::Limiter;
use crate::outcome::FieldError;
use crate::outcome::Refusal;
use crate::sessions::Method;
use crate::verification::{CodeRejection, Codes, Contact, Denied, Purpose, Redemption, refusals};

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

refusals!(codes CodeLoginRefusal: Refusal, CaptchaRefusal, Vec<FieldError>, DbError, OpenFault);

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
        let asked = Asked { purpose: Purpose::Login, prefix: "contact." };
        let proven = self.prove(input.contact, asked, input.captcha.as_ref(), client).await?;
        let opened = self.sign_in.open(proven.user, proven.method, input.remember, client).await;
        match opened {
            Ok(opened) => opened.ok_or(CodeLoginRefusal::Rejected),
            Err(fault) => {
                self.codes.restore(proven.redemption).await;
                Err(fault.into())
            }
        }
    }

    /// Checks that the caller has an address of an account that may be used; opens nothing, and uses the code up: whoever
    /// then fails for a reason that is not the caller's gives it back.
    ///
    /// # Errors
    /// [`CodeLoginRefusal`].
    pub async fn prove(
        &self,
        contact: ContactInput,
        asked: Asked,
        captcha: Option<&CaptchaAnswer>,
        client: &Client,
    ) -> Result<ProvenContact, CodeLoginRefusal> {
        let mut faults = Vec::new();
        let claim = contact.parse_at(asked.prefix, &self.settings.regions, &self.codes, &mut faults);
        let Some(claim) = claim.filter(|_| faults.is_empty()) else {
            return Err(faults.into());
        };
        self.limits.redeem(&client.network()).await?;
        self.captcha.check(captcha, client.address).await?;
        let redemption = self.codes.redeem(asked.purpose, &claim.contact.key(), &claim.code).await?;
        match self.owner(&claim.contact, client).await {
            Ok((user, method)) => Ok(ProvenContact { user, method, redemption }),
            Err(refusal) => {
                if matches!(refusal, CodeLoginRefusal::Denied(_)) || asked.purpose == Purpose::Bind {
                    // Bought nothing. A code to bind is also good for registering where no account has the address.
                    self.codes.restore(redemption).await;
                }
                Err(refusal)
            }
        }
    }

    async fn owner(&self, contact: &Contact, client: &Client) -> Result<(User, Method), CodeLoginRefusal> {
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
        Ok((user, method))
    }
}

/// What a code has to be for, and where it stands in the input.
pub struct Asked {
    pub purpose: Purpose,
    /// Ends with a dot, or is empty.
    pub prefix: &'static str,
}

/// Whose address it was.
pub struct ProvenContact {
    pub user: User,
    pub method: Method,
    /// Gives the code back where what it was for failed.
    pub redemption: Redemption,
}
