//! Sends one message without the outbox, for operators who try a carrier or a mail server.

use super::content::Content;
use super::email::{self, Email};
use super::render::Renderer;
use super::send::{Receipt, SendError};
use super::sms::{Carrier, Outgoing};
use crate::core::ids::MessageId;
use crate::core::language::Language;

/// A message and its language.
pub struct DirectMessage<'a> {
    pub id: MessageId,
    pub content: &'a Content,
    pub language: Language,
    /// What the message calls the product.
    pub product: &'a str,
}

impl DirectMessage<'_> {
    /// Sends the message to a mobile number in E.164 format, by one carrier and in one request.
    pub async fn send_sms(&self, carrier: &Carrier, to: &str) -> Result<Receipt, SendError> {
        let text = Renderer::new(self.product).sms(self.content, self.language);
        let message =
            Outgoing { id: self.id, to, content: self.content, language: self.language, text: &text };
        carrier.send(&message).await
    }

    /// Sends the message to an e-mail address.
    pub async fn send_mail(&self, email: &Email, to: &str) -> Result<Receipt, SendError> {
        let mail = Renderer::new(self.product).mail(self.content, self.language);
        email.send(&email::Outgoing { id: self.id, to, content: self.content, mail: &mail }).await
    }
}
