//! `loginWithCode`: signs in with a code to the account's mobile number or e-mail address.

use super::super::contact_claim::{ContactInput, method};
use super::super::service::Accounts;
use crate::captcha::{CaptchaAnswer, CaptchaClaim, CaptchaRefusal, Subject};
use crate::config::captcha::CaptchaAction;
use crate::core::client::Client;
use crate::core::contact::Contact;
use crate::core::guard::Guard;
use crate::db::WriteError;
use crate::db::models::User;
use crate::outcome::{FieldErrors, Refusal};
use crate::sessions::{SessionMethod, SignedIn};
use crate::verification::{CodeRefusal, Purpose};

/// The input of `loginWithCode`.
pub struct CodeLoginInput {
    pub contact: ContactInput,
    pub remember: bool,
    pub captcha: Option<CaptchaAnswer>,
}

/// Why the user was not signed in.
#[derive(Debug, thiserror::Error)]
pub enum CodeLoginRefusal {
    /// The code proved that the caller owns the contact, but no account has it.
    #[error("no account has this contact")]
    NotRegistered(ContactKind),
    #[error("the account is disabled")]
    AccountDisabled,
    #[error(transparent)]
    Code(#[from] CodeRefusal),
    #[error(transparent)]
    Captcha(#[from] CaptchaRefusal),
    #[error(transparent)]
    Shared(#[from] Refusal),
}

/// Whether a contact is a mobile number or an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactKind {
    Mobile,
    Email,
}

impl From<&Contact> for ContactKind {
    fn from(contact: &Contact) -> Self {
        match contact {
            Contact::Mobile(_) => Self::Mobile,
            Contact::Email(_) => Self::Email,
        }
    }
}

/// The purpose that a code must have, and the path of the contact in the input (with a trailing dot, or empty).
pub(super) struct CodePurpose {
    pub(super) purpose: Purpose,
    pub(super) prefix: &'static str,
}

/// The user whose contact was verified.
pub(super) struct ContactVerified {
    pub(super) user: User,
    pub(super) method: SessionMethod,
    /// Makes the code valid again unless it is kept.
    pub(super) code: Guard,
}

impl Accounts {
    /// Redeems the code, then opens a session. Only the owner of the contact learns whether an account has it.
    #[tracing::instrument(skip_all)]
    pub async fn login_with_code(
        &self,
        input: CodeLoginInput,
        client: &Client,
    ) -> Result<SignedIn, CodeLoginRefusal> {
        let purpose = CodePurpose { purpose: Purpose::Login, prefix: "contact." };
        let claim = CaptchaClaim { action: CaptchaAction::LoginWithCode, answer: input.captcha.as_ref() };
        let verified = self.verify_contact(input.contact, purpose, claim, client).await?;
        let ContactVerified { user, method, code } = verified;
        let kind = if method == SessionMethod::SmsCode { ContactKind::Mobile } else { ContactKind::Email };
        // The code stays redeemed if the account lost the contact in the meantime.
        let open = async {
            WriteError::stale_as_none(self.sessions.open(user, method, input.remember, client).await)
        };
        code.keep_if_ok(open).await?.ok_or(CodeLoginRefusal::NotRegistered(kind))
    }

    /// Verifies that the caller owns a contact of an active account. The code is redeemed.
    pub(super) async fn verify_contact(
        &self,
        contact: ContactInput,
        purpose: CodePurpose,
        captcha: CaptchaClaim<'_>,
        client: &Client,
    ) -> Result<ContactVerified, CodeLoginRefusal> {
        let CodePurpose { purpose, prefix } = purpose;
        let mut errors = FieldErrors::new();
        let claim = self.parse_claim(contact, prefix, &mut errors);
        let claim = errors.finish(claim)?;
        self.kit.limits.redeem(&client.network()).await?;
        self.captcha.check(captcha, Subject::Network, client).await?;
        let code = self.verification.redeem(purpose, &claim.contact, &claim.code, client).await?;
        match self.active_owner(&claim.contact, client).await {
            Ok((user, method)) => Ok(ContactVerified { user, method, code }),
            Err(refusal) => {
                // A code for binding is also valid for registering, when no account has the contact.
                if matches!(refusal, CodeLoginRefusal::Shared(_)) || purpose == Purpose::Bind {
                    code.give_back().await;
                } else {
                    code.keep();
                }
                Err(refusal)
            }
        }
    }

    async fn active_owner(
        &self,
        contact: &Contact,
        client: &Client,
    ) -> Result<(User, SessionMethod), CodeLoginRefusal> {
        let method = method(contact);
        let Some(user) = self.kit.db.find_user_by_contact(contact).await? else {
            self.sessions.record_failure(None, method.audit_name(), client).await;
            return Err(CodeLoginRefusal::NotRegistered(contact.into()));
        };
        if !user.is_active() {
            self.sessions.record_failure(Some(&user), method.audit_name(), client).await;
            return Err(CodeLoginRefusal::AccountDisabled);
        }
        Ok((user, method))
    }
}
