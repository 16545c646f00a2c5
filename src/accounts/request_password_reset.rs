//! `requestPasswordReset`: a link by mail, for those who forgot their password.
//!
//! A stranger cannot tell whether an address has an account: the answer is the same, it is charged the same, and it comes
//! after the same work. For an unknown address a link that opens nothing and a message that is never sent are written,
//! and nothing of the address is kept.

use super::reset_links::ResetLinks;
use crate::audit::{Audit, Kind};
use crate::captcha::{Captcha, CaptchaAnswer};
use crate::core::client::Client;
use crate::core::clock::Instant;
use crate::core::identifier::EmailAddress;
use crate::db::models::User;
use crate::db::{Db, DbError};
use crate::delivery::{Content, Destination, Outbox, Status};
use crate::limits::{Channel, Limiter};
use crate::outcome::FieldError;
use crate::verification::{Contact, Denied};

/// A link is on its way, if somebody has the address.
pub struct ResetRequested {
    /// The masked address, as it was typed.
    pub destination: String,
    pub expires_at: Instant,
    /// From when on the next one may be asked for.
    pub resend_at: Instant,
}

/// Mails reset links.
#[derive(Clone)]
pub struct RequestPasswordReset {
    pub db: Db,
    pub limits: Limiter,
    pub captcha: Captcha,
    pub links: ResetLinks,
    pub outbox: Outbox,
    pub audit: Audit,
}

impl RequestPasswordReset {
    /// Charges like a code by e-mail, then writes link and message.
    ///
    /// # Errors
    /// [`Denied`].
    pub async fn run(
        &self,
        email: &str,
        captcha: Option<&CaptchaAnswer>,
        client: &Client,
    ) -> Result<ResetRequested, Denied> {
        let email = EmailAddress::parse(email).map_err(|fault| vec![FieldError::new("email", fault)])?;
        self.captcha.check(captcha, client.address).await?;
        let key = Contact::Email(email.clone()).send_key();
        let charged = self.limits.send(Channel::Email, &key, &client.network()).await?;
        let resend_at = charged.resend_at;
        let expires_at = charged.guard.keep_if_ok(self.write(&email, client)).await?;
        Ok(ResetRequested { destination: email.masked(), expires_at, resend_at })
    }

    async fn write(&self, email: &EmailAddress, client: &Client) -> Result<Instant, DbError> {
        let user = self.db.find_user_by_email(email.key()).await?.filter(User::is_active);
        match self.write_for(user, email, client).await? {
            Some(expires_at) => Ok(expires_at),
            // The account got another address since: this one is nobody's now.
            None => Ok(self.write_for(None, email, client).await?.unwrap_or_default()),
        }
    }

    /// `None`: the address is no longer that of `user`.
    async fn write_for(
        &self,
        user: Option<User>,
        email: &EmailAddress,
        client: &Client,
    ) -> Result<Option<Instant>, DbError> {
        let id = user.as_ref().map(|user| user.id);
        let link = self.links.make(id);
        let expires_at = link.row.expires_at.0;
        // As the account has it, not as it was typed: only the letter case can differ.
        let address = user.and_then(|user| user.email).unwrap_or_else(|| email.as_str().to_owned());
        let destination = Destination::Email { address, masked: email.masked() };
        let content = Content::ResetLink { url: link.url, minutes: link.minutes };
        let mut message = self.outbox.compose(destination, &content, client.language, expires_at);
        if id.is_none() {
            Status::Expired.name().clone_into(&mut message.status);
            message.destination.fill(0);
            message.payload.fill(0);
            message.masked.clear();
        }
        let event = self.audit.event(Kind::PasswordResetRequested, id, None, "link", client);
        let written = self.db.ask_for_reset(email.key(), &link.row, &message, &event).await?;
        self.outbox.wake();
        Ok(written.then_some(expires_at))
    }
}
