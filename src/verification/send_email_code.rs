//! `sendEmailCode`: a code to an e-mail address.

use super::contact::Contact;
use super::denied::Denied;
use super::purpose::Purpose;
use super::sending::{CodeSent, Sending};
use crate::captcha::CaptchaAnswer;
use crate::core::client::Client;
use crate::core::identifier::EmailAddress;
use crate::core::problem::FieldFault;

/// Sends codes by e-mail.
#[derive(Clone)]
pub struct SendEmailCode {
    sending: Sending,
}

impl SendEmailCode {
    #[must_use]
    pub fn new(sending: Sending) -> Self {
        Self { sending }
    }

    /// Sends a code for `purpose` to `email`.
    ///
    /// # Errors
    /// [`Denied`].
    pub async fn run(
        &self,
        email: &str,
        purpose: Purpose,
        captcha: Option<&CaptchaAnswer>,
        client: &Client,
    ) -> Result<CodeSent, Denied> {
        let email = EmailAddress::parse(email).map_err(|fault| vec![FieldFault::new("email", fault)])?;
        self.sending.send(purpose, &Contact::Email(email), captcha, client).await
    }
}
