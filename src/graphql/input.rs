//! Input types that several features share.

use async_graphql::{InputObject, OneofObject};

use crate::accounts::sign_in::login::PasswordCredentials;
use crate::accounts::sign_in::verify_account::AccountCredentials;
use crate::captcha::CaptchaAnswer;

/// The response of a captcha widget.
#[derive(InputObject)]
pub struct CaptchaInput {
    /// The ticket, token or payload. GeeTest: the result of `getValidate()` as JSON.
    pub ticket: String,
    /// The random string that Tencent's captcha returns with the ticket.
    pub randstr: Option<String>,
}

impl From<CaptchaInput> for CaptchaAnswer {
    fn from(input: CaptchaInput) -> Self {
        Self { ticket: input.ticket.into(), randstr: input.randstr }
    }
}

/// A mobile number and the code that was sent to it.
#[derive(InputObject)]
pub struct MobileProof {
    /// The mobile number. Without a calling code it belongs to the first region of `settings.mobileRegions`.
    pub mobile: String,
    /// The code from the message.
    pub code: String,
}

/// An e-mail address and the code that was sent to it.
#[derive(InputObject)]
pub struct EmailProof {
    /// The e-mail address.
    pub email: String,
    /// The code from the message.
    pub code: String,
}

/// A contact and the code that was sent to it: exactly one of the two.
#[derive(OneofObject)]
pub enum ContactProof {
    /// A mobile number.
    Mobile(MobileProof),
    /// An e-mail address.
    Email(EmailProof),
}

/// An account and its password.
#[derive(InputObject)]
pub struct PasswordProof {
    /// The user name, mobile number or e-mail address.
    account: String,
    /// The password.
    password: String,
}

/// The credentials of an account: exactly one of the two.
#[derive(OneofObject)]
pub enum AccountProof {
    /// The account and its password.
    Password(PasswordProof),
    /// The mobile number of the account, with a code for the purpose `BIND`.
    Mobile(MobileProof),
}

impl From<AccountProof> for AccountCredentials {
    fn from(proof: AccountProof) -> Self {
        match proof {
            AccountProof::Password(proof) => Self::Password(PasswordCredentials {
                account: proof.account,
                password: proof.password.into(),
            }),
            AccountProof::Mobile(proof) => Self::Mobile { mobile: proof.mobile, code: proof.code.into() },
        }
    }
}
