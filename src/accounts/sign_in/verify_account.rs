//! Verifying an account that the caller is not signed in to: by its password, or by a code to its mobile number.
//! `bindSocial` and `mergeAccount` begin with it.

use super::super::contact_claim::ContactInput;
use super::super::service::Accounts;
use super::login::{LoginRefusal, PasswordCredentials};
use super::login_with_code::{CodeLoginRefusal, CodePurpose};
use crate::captcha::CaptchaClaim;
use crate::core::client::Client;
use crate::core::guard::Guard;
use crate::core::secret::SecretString;
use crate::db::models::User;
use crate::sessions::SessionMethod;
use crate::verification::Purpose;

/// The credentials of an account, as typed.
pub enum AccountCredentials {
    Password(PasswordCredentials),
    Mobile { mobile: String, code: SecretString },
}

/// An account that the caller verified.
pub struct VerifiedAccount {
    pub user: User,
    pub method: SessionMethod,
    /// Makes a redeemed code valid again unless it is kept.
    pub code: Option<Guard>,
}

impl VerifiedAccount {
    /// Keeps the code redeemed.
    pub fn keep(self) {
        if let Some(code) = self.code {
            code.keep();
        }
    }

    /// Makes the code valid again: what it was redeemed for failed.
    pub async fn give_back(self) {
        if let Some(code) = self.code {
            code.give_back().await;
        }
    }
}

/// Why the account was not verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyAccountRefusal {
    #[error(transparent)]
    Password(#[from] LoginRefusal),
    #[error(transparent)]
    Code(#[from] CodeLoginRefusal),
}

impl Accounts {
    /// Verifies that the caller has the password, or the mobile number, of an active account. Field errors are noted
    /// under `account.`.
    pub(crate) async fn verify_account(
        &self,
        credentials: AccountCredentials,
        captcha: CaptchaClaim<'_>,
        client: &Client,
    ) -> Result<VerifiedAccount, VerifyAccountRefusal> {
        match credentials {
            AccountCredentials::Password(credentials) => {
                let verified =
                    self.verify_password(&credentials, "account.password.", Some(captcha), client).await?;
                Ok(VerifiedAccount { user: verified.user, method: SessionMethod::Password, code: None })
            }
            AccountCredentials::Mobile { mobile, code } => {
                let purpose = CodePurpose { purpose: Purpose::Bind, prefix: "account." };
                let contact = ContactInput::Mobile { mobile, code };
                let verified = self.verify_contact(contact, purpose, captcha, client).await?;
                Ok(VerifiedAccount {
                    user: verified.user,
                    method: verified.method,
                    code: Some(verified.code),
                })
            }
        }
    }
}
