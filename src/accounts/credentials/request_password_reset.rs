//! `requestPasswordReset`: mails a link to somebody who forgot the password.
//!
//! A stranger cannot tell whether an address has an account: the response, the charge and the work are the same. For an
//! unknown address the gateway writes a link that opens nothing and a message that is never sent, and stores nothing of
//! the address.

use super::super::service::Accounts;
use crate::audit::Kind;
use crate::captcha::{CaptchaAnswer, CaptchaClaim, CaptchaRefusal, Subject};
use crate::config::captcha::CaptchaAction;
use crate::core::client::Client;
use crate::core::clock::Instant;
use crate::core::contact::Contact;
use crate::core::identifier::EmailAddress;
use crate::db::WriteError;
use crate::db::models::User;
use crate::delivery::{Content, MessageStatus};
use crate::limits::Channel;
use crate::outcome::Refusal;

/// A link was mailed, if an account has the address.
pub struct ResetRequested {
    /// The masked address, as it was typed.
    pub destination: String,
    pub expires_at: Instant,
    /// From when on the next link can be requested.
    pub resend_at: Instant,
}

impl Accounts {
    /// Charges the limits of a code by e-mail, then writes link and message.
    #[tracing::instrument(skip_all)]
    pub async fn request_password_reset(
        &self,
        email: &str,
        captcha: Option<&CaptchaAnswer>,
        client: &Client,
    ) -> Result<ResetRequested, CaptchaRefusal> {
        let email = EmailAddress::parse(email).map_err(|reason| Refusal::invalid("email", reason))?;
        let key = Contact::Email(email.clone()).send_key();
        let charge = self.kit.limits.send(Channel::Email, &key, &client.network()).await?;
        let resend_at = charge.resend_at;
        let claim = CaptchaClaim { action: CaptchaAction::RequestPasswordReset, answer: captcha };
        let expires_at = charge
            .guard
            .keep_if_ok(async {
                self.captcha
                    .check(claim, Subject::Destination { key: &key, prefix: None, doubtful: false }, client)
                    .await?;
                Ok::<_, CaptchaRefusal>(self.write_reset_link(&email, client).await?)
            })
            .await?;
        Ok(ResetRequested { destination: email.masked(), expires_at, resend_at })
    }

    async fn write_reset_link(&self, email: &EmailAddress, client: &Client) -> Result<Instant, Refusal> {
        let contact = Contact::Email(email.clone());
        let user = self.kit.db.find_user_by_contact(&contact).await?.filter(User::is_active);
        match self.write_reset_link_for(user, email, client).await? {
            Some(expires_at) => Ok(expires_at),
            // The account changed its address since it was read, so no account has this address.
            None => Ok(self.write_reset_link_for(None, email, client).await?.unwrap_or_default()),
        }
    }

    /// Returns `None` when `user` no longer has the address.
    async fn write_reset_link_for(
        &self,
        user: Option<User>,
        email: &EmailAddress,
        client: &Client,
    ) -> Result<Option<Instant>, Refusal> {
        let id = user.as_ref().map(|user| user.id);
        let link = self.new_reset_link(id);
        let expires_at = link.row.expires_at.0;
        // As the account has it, not as it was typed: only the letter case can differ.
        let address = user.and_then(|user| user.contacts().email).unwrap_or_else(|| email.clone());
        let destination = (&Contact::Email(address)).into();
        let content = Content::ResetLink { url: link.url, minutes: link.minutes };
        let mut message = self.outbox.compose(destination, &content, client.language, expires_at);
        if id.is_none() {
            message.status = MessageStatus::Expired;
            message.destination.fill(0);
            message.payload.fill(0);
            message.masked.clear();
        }
        let event = self.kit.audit.event(Kind::PasswordResetRequested, id, None, "link", client);
        let written = self.kit.db.create_reset_link(email.key(), &link.row, &message, &event).await;
        self.outbox.wake();
        Ok(WriteError::stale_as_none(written)?.map(|()| expires_at))
    }
}
