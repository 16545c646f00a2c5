//! `resetPassword`: sets a new password for somebody who has a mailed link, or a code to a contact of the account.
//!
//! Afterwards every session is revoked, every reset link is consumed, the owner is notified, and nobody is signed in.

use super::super::changes::{Change, Write};
use super::super::contact_claim::{ContactClaim, ContactInput, method};
use super::super::service::Accounts;
use super::super::sign_in::login_with_code::ContactKind;
use super::new_password::{PasswordInput, own_words};
use crate::audit::Kind;
use crate::captcha::{CaptchaAnswer, CaptchaClaim, CaptchaRefusal, Subject};
use crate::config::captcha::CaptchaAction;
use crate::core::client::Client;
use crate::core::contact::Contact;
use crate::core::ids::UserId;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::db::WriteError;
use crate::db::changes::{Authorization, RevokeScope, Stale};
use crate::db::models::User;
use crate::delivery::{Channel, NoticeTopic};
use crate::outcome::{FieldErrors, Refusal};
use crate::sessions::signed_in::credential;
use crate::verification::{CodeRefusal, Purpose};

/// What authorizes the reset.
pub enum ResetAuthorization {
    /// The token of a mailed link.
    Link(SecretString),
    /// A code for the purpose `RESET_PASSWORD`.
    Contact(ContactInput),
}

/// The input of `resetPassword`.
pub struct ResetPasswordInput {
    pub authorization: ResetAuthorization,
    pub new: PasswordInput,
    pub captcha: Option<CaptchaAnswer>,
}

/// Why the password was not reset.
#[derive(Debug, thiserror::Error)]
pub enum ResetPasswordRefusal {
    /// The link is unknown, used or expired, or its account is not active.
    #[error("the link is not valid")]
    LinkExpired,
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

/// The authorization after parsing.
enum Parsed {
    Link(SecretString),
    Contact(ContactClaim),
}

impl Accounts {
    /// Parses the input, charges the limits, checks the authorization and writes the password.
    #[tracing::instrument(skip_all)]
    pub async fn reset_password(
        &self,
        input: ResetPasswordInput,
        client: &Client,
    ) -> Result<(), ResetPasswordRefusal> {
        let mut errors = FieldErrors::new();
        let authorization = match input.authorization {
            ResetAuthorization::Link(token) => Some(Parsed::Link(token)),
            ResetAuthorization::Contact(contact) => {
                self.parse_claim(contact, "proof.", &mut errors).map(Parsed::Contact)
            }
        };
        // The names of the account are compared once the caller is authorized: strangers must not learn them.
        let words = match &authorization {
            Some(Parsed::Contact(ContactClaim { contact: Contact::Mobile(mobile), .. })) => {
                vec![mobile.national().to_owned()]
            }
            Some(Parsed::Contact(ContactClaim { contact: Contact::Email(email), .. })) => {
                vec![email.local_part().to_owned()]
            }
            Some(Parsed::Link(_)) | None => Vec::new(),
        };
        input.new.parse(&self.policy, &words, &mut errors);
        let authorization = errors.finish(authorization)?;
        self.kit.limits.redeem(&client.network()).await?;
        let claim = CaptchaClaim { action: CaptchaAction::ResetPassword, answer: input.captcha.as_ref() };
        self.captcha.check(claim, Subject::Network, client).await?;
        match authorization {
            Parsed::Link(token) => self.reset_by_link(token.expose_secret(), &input.new, client).await,
            Parsed::Contact(claim) => self.reset_by_code(&claim, &input.new, client).await,
        }
    }

    async fn reset_by_link(
        &self,
        token: &str,
        new: &PasswordInput,
        client: &Client,
    ) -> Result<(), ResetPasswordRefusal> {
        let Some(link) = self.find_reset_link(token).await? else {
            let owner = self.reset_link_owner(token).await?;
            self.record_failed_verification(owner, None, "link", client).await;
            return Err(ResetPasswordRefusal::LinkExpired);
        };
        let authorization = Authorization::Link(&link.digest);
        match self.write_new_password(&link.user, authorization, new, "link", client).await? {
            Ok(()) => Ok(()),
            Err(Stale::Inactive | Stale::Credential | Stale::Row) => Err(ResetPasswordRefusal::LinkExpired),
        }
    }

    async fn reset_by_code(
        &self,
        claim: &ContactClaim,
        new: &PasswordInput,
        client: &Client,
    ) -> Result<(), ResetPasswordRefusal> {
        let redeemed =
            self.verification.redeem(Purpose::ResetPassword, &claim.contact, &claim.code, client).await;
        if let Err(CodeRefusal::Rejected { .. }) = &redeemed {
            let owner: Option<UserId> =
                self.kit.db.find_user_by_contact(&claim.contact).await?.map(|user| user.id);
            self.record_failed_verification(owner, None, method(&claim.contact).audit_name(), client).await;
        }
        let code = redeemed?;
        let outcome = self.reset_owned_by(&claim.contact, new, client).await;
        match &outcome {
            Err(ResetPasswordRefusal::Shared(_)) => code.give_back().await,
            Ok(())
            | Err(
                ResetPasswordRefusal::LinkExpired
                | ResetPasswordRefusal::NotRegistered(_)
                | ResetPasswordRefusal::AccountDisabled
                | ResetPasswordRefusal::Code(_)
                | ResetPasswordRefusal::Captcha(_),
            ) => code.keep(),
        }
        outcome
    }

    async fn reset_owned_by(
        &self,
        contact: &Contact,
        new: &PasswordInput,
        client: &Client,
    ) -> Result<(), ResetPasswordRefusal> {
        let not_registered = || ResetPasswordRefusal::NotRegistered(contact.into());
        let user = self.kit.db.find_user_by_contact(contact).await?.ok_or_else(not_registered)?;
        // As the account has it: the change checks again that it still does.
        let credential = credential(&user, &method(contact)).ok_or_else(not_registered)?;
        if !user.is_active() {
            return Err(ResetPasswordRefusal::AccountDisabled);
        }
        let authorization = Authorization::Credential(&credential);
        match self.write_new_password(&user, authorization, new, method(contact).audit_name(), client).await?
        {
            Ok(()) => Ok(()),
            Err(Stale::Inactive) => Err(ResetPasswordRefusal::AccountDisabled),
            Err(Stale::Credential | Stale::Row) => Err(not_registered()),
        }
    }

    /// The outer error is a refusal, the inner one what became stale: links and codes name it differently.
    async fn write_new_password(
        &self,
        user: &User,
        authorization: Authorization<'_>,
        new: &PasswordInput,
        method: &str,
        client: &Client,
    ) -> Result<Result<(), Stale>, Refusal> {
        let mut errors = FieldErrors::new();
        let password = new.parse(&self.policy, &own_words(user), &mut errors);
        let password = errors.finish(password)?;
        let hash = self.hasher.hash(password.as_password()).await?;
        let change = Change {
            user,
            authorization,
            kind: Kind::PasswordReset,
            method,
            session: None,
            revokes: RevokeScope::All,
            notice: Some((Channel::Email, NoticeTopic::PasswordReset)),
        };
        match self.apply(change, Write::PasswordHash(&hash), client).await {
            Ok(_) => Ok(Ok(())),
            Err(WriteError::Stale(stale)) => Ok(Err(stale)),
            Err(error @ (WriteError::Taken(_) | WriteError::Failed(_))) => Err(error.into()),
        }
    }
}
