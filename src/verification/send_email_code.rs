//! `sendEmailCode`: sends a code to an e-mail address.

use super::purpose::Purpose;
use super::send_code::CodeSent;
use super::service::Verification;
use crate::captcha::{CaptchaAnswer, CaptchaClaim, CaptchaRefusal};
use crate::config::captcha::CaptchaAction;
use crate::core::client::Client;
use crate::core::contact::Contact;
use crate::core::identifier::EmailAddress;
use crate::outcome::Refusal;

impl Verification {
    /// Sends a code for `purpose` to `email`, as typed.
    #[tracing::instrument(skip_all, fields(purpose = purpose.word()))]
    pub async fn send_email_code(
        &self,
        email: &str,
        purpose: Purpose,
        captcha: Option<&CaptchaAnswer>,
        client: &Client,
    ) -> Result<CodeSent, CaptchaRefusal> {
        let email = EmailAddress::parse(email).map_err(|reason| Refusal::invalid("email", reason))?;
        let claim = CaptchaClaim { action: CaptchaAction::SendEmailCode, answer: captcha };
        self.send_code(purpose, &Contact::Email(email), claim, client).await
    }
}
