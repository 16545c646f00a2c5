//! Input types that several features share.

use async_graphql::{InputObject, OneofObject};

use crate::accounts::account_proof;
use crate::captcha::CaptchaAnswer;

/// The answer to a captcha, as its script hands it out.
#[derive(InputObject)]
pub struct CaptchaInput {
    /// The ticket or token.
    pub ticket: String,
    /// The random string that Tencent's captcha hands out with the ticket.
    pub randstr: Option<String>,
}

impl From<CaptchaInput> for CaptchaAnswer {
    fn from(input: CaptchaInput) -> Self {
        Self { ticket: input.ticket.into(), randstr: input.randstr }
    }
}

/// Proves a mobile number by the code that was sent to it.
#[derive(InputObject)]
pub struct MobileProof {
    /// The mobile number; without a calling code it is one of the first region in `settings.mobileRegions`.
    pub mobile: String,
    /// The code from the message.
    pub code: String,
}

/// Proves an e-mail address by the code that was sent to it.
#[derive(InputObject)]
pub struct EmailProof {
    /// The e-mail address.
    pub email: String,
    /// The code from the message.
    pub code: String,
}

/// Proves a mobile number or an e-mail address: exactly one of the two.
#[derive(OneofObject)]
pub enum ContactProof {
    /// By a code in an SMS.
    Mobile(MobileProof),
    /// By a code in an e-mail.
    Email(EmailProof),
}

/// Proves an account by its password.
#[derive(InputObject)]
pub struct PasswordProof {
    /// User name, mobile number or e-mail address.
    account: String,
    /// The password.
    password: String,
}

/// Proves an account: exactly one of the two.
#[derive(OneofObject)]
pub enum AccountProof {
    /// By its password.
    Password(PasswordProof),
    /// By a code for the purpose `BIND` to its mobile number.
    Mobile(MobileProof),
}

impl From<AccountProof> for account_proof::AccountProof {
    fn from(proof: AccountProof) -> Self {
        match proof {
            AccountProof::Password(proof) => {
                Self::Password { account: proof.account, password: proof.password.into() }
            }
            AccountProof::Mobile(proof) => Self::Mobile { mobile: proof.mobile, code: proof.code.into() },
        }
    }
}
