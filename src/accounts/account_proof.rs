//! Proof of an account by somebody who is not signed in to it: by its password, or by a code to its mobile number.
//! What `bindSocial` and `mergeAccount` begin with.

use super::login::{Login, LoginRefusal, PasswordProof};
use super::login_with_code::{Asked, CodeLoginRefusal, LoginWithCode};
use super::proof::ContactInput;
use crate::captcha::CaptchaAnswer;
use crate::core::client::Client;
use crate::core::secret::SecretString;
use crate::db::models::User;
use crate::sessions::Method;
use crate::verification::{CodeRejection, Denied, Purpose, Redemption};

/// How the account is proven, as typed.
pub enum AccountProof {
    Password { account: String, password: SecretString },
    Mobile { mobile: String, code: SecretString },
}

/// An account that was proven.
pub struct ProvenOwner {
    pub user: User,
    pub method: Method,
    /// The code that proved it.
    redemption: Option<Redemption>,
}

/// Why nothing was proven.
#[derive(Debug, thiserror::Error)]
pub enum ProofRefusal {
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error("the account is not proven")]
    Rejected,
    #[error("the account is disabled")]
    Disabled,
    #[error("the code is not good")]
    Code { reason: CodeRejection, attempts_left: u32 },
}

impl From<LoginRefusal> for ProofRefusal {
    fn from(refusal: LoginRefusal) -> Self {
        match refusal {
            LoginRefusal::Denied(denied) => Self::Denied(denied),
            LoginRefusal::Rejected => Self::Rejected,
            LoginRefusal::Disabled => Self::Disabled,
        }
    }
}

impl From<CodeLoginRefusal> for ProofRefusal {
    fn from(refusal: CodeLoginRefusal) -> Self {
        match refusal {
            CodeLoginRefusal::Denied(denied) => Self::Denied(denied),
            CodeLoginRefusal::Code { reason, attempts_left } => Self::Code { reason, attempts_left },
            CodeLoginRefusal::Rejected => Self::Rejected,
            CodeLoginRefusal::Disabled => Self::Disabled,
        }
    }
}

/// `?` on [`ProofRefusal`] in a use case whose refusal has the same variants.
macro_rules! unproven_account {
    ($refusal:ident) => {
        impl From<$crate::accounts::account_proof::ProofRefusal> for $refusal {
            fn from(refusal: $crate::accounts::account_proof::ProofRefusal) -> Self {
                use $crate::accounts::account_proof::ProofRefusal;
                match refusal {
                    ProofRefusal::Denied(denied) => Self::Denied(denied),
                    ProofRefusal::Rejected => Self::Rejected,
                    ProofRefusal::Disabled => Self::Disabled,
                    ProofRefusal::Code { reason, attempts_left } => Self::Code { reason, attempts_left },
                }
            }
        }
    };
}
pub(crate) use unproven_account;

/// Asks for proof of accounts. Faults are told under `account.`.
#[derive(Clone)]
pub struct ProveAccount {
    pub login: Login,
    pub login_with_code: LoginWithCode,
}

impl ProveAccount {
    /// Checks that the caller has the password, or the mobile number, of an account that may be used. A code is used up:
    /// where it then buys nothing, [`ProveAccount::give_back`] is called.
    ///
    /// # Errors
    /// [`ProofRefusal`].
    pub async fn run(
        &self,
        proof: AccountProof,
        captcha: Option<&CaptchaAnswer>,
        client: &Client,
    ) -> Result<ProvenOwner, ProofRefusal> {
        match proof {
            AccountProof::Password { account, password } => {
                let typed = PasswordProof { account, password };
                let proven = self.login.prove(&typed, "account.password.", captcha, client).await?;
                Ok(ProvenOwner { user: proven.user, method: Method::Password, redemption: None })
            }
            AccountProof::Mobile { mobile, code } => {
                let asked = Asked { purpose: Purpose::Bind, prefix: "account." };
                let contact = ContactInput::Mobile { mobile, code };
                let proven = self.login_with_code.prove(contact, asked, captcha, client).await?;
                Ok(ProvenOwner {
                    user: proven.user,
                    method: proven.method,
                    redemption: Some(proven.redemption),
                })
            }
        }
    }

    /// The proof bought nothing: a code that was right stays good.
    pub async fn give_back(&self, owner: ProvenOwner) {
        if let Some(redemption) = owner.redemption {
            self.login_with_code.codes.restore(redemption).await;
        }
    }
}
