//! What `sendSms` and `sendEmailCode` have in common: captcha, limits, code, message, in this order.

use super::codes::Codes;
use super::contact::Contact;
use super::denied::Denied;
use super::purpose::Purpose;
use crate::captcha::{Captcha, CaptchaAnswer};
use crate::core::client::Client;
use crate::core::clock::{Clock, Instant};
use crate::core::ids::MessageId;
use crate::delivery::{Channel, Content, Destination, Outbox, Topic};
use crate::limits::{self, Limiter};

/// A code on its way.
pub struct CodeSent {
    pub delivery: MessageId,
    pub channel: Channel,
    /// When it was queued.
    pub at: Instant,
    pub expires_at: Instant,
    /// From when on the next one may be asked for.
    pub resend_at: Instant,
    /// The masked address.
    pub destination: String,
}

/// Sends codes.
#[derive(Clone)]
pub struct Sending {
    codes: Codes,
    limits: Limiter,
    captcha: Captcha,
    outbox: Outbox,
    clock: Clock,
}

impl Sending {
    #[must_use]
    pub fn new(codes: Codes, limits: Limiter, captcha: Captcha, outbox: Outbox, clock: Clock) -> Self {
        Self { codes, limits, captcha, outbox, clock }
    }

    /// Makes a code and puts its message into the outbox. The same answer whether or not the address has an account:
    /// this room knows no accounts.
    pub(super) async fn send(
        &self,
        purpose: Purpose,
        contact: &Contact,
        captcha: Option<&CaptchaAnswer>,
        client: &Client,
    ) -> Result<CodeSent, Denied> {
        self.captcha.check(captcha, client.address).await?;
        let network = client.network();
        let (channel, limited, destination) = match contact {
            Contact::Mobile(mobile) => (
                Channel::Sms,
                limits::Channel::Sms { region: mobile.region().code() },
                Destination::Sms { e164: mobile.e164().to_owned(), masked: mobile.masked() },
            ),
            Contact::Email(email) => (
                Channel::Email,
                limits::Channel::Email,
                Destination::Email { address: email.as_str().to_owned(), masked: email.masked() },
            ),
        };
        let key = contact.key();
        let charged = self.limits.send(limited, &contact.send_key(), &network).await?;
        let issued = match self.codes.issue(purpose, &key).await {
            Ok(issued) => issued,
            Err(error) => {
                tracing::debug!(%error, "no code could be kept");
                self.limits.refund_send(charged).await;
                return Err(Denied::Unavailable("codes".into()));
            }
        };
        let content =
            Content::Code { topic: topic(purpose), code: issued.code.clone(), minutes: issued.minutes() };
        let message = self.outbox.compose(destination, &content, client.language, issued.expires_at);
        let delivery = message.id;
        if let Err(error) = self.outbox.enqueue(message).await {
            // A code that nobody will get must not stand between the person and the next one.
            self.codes.withdraw(&issued).await;
            self.limits.refund_send(charged).await;
            return Err(error.into());
        }
        Ok(CodeSent {
            delivery,
            channel,
            at: self.clock.now(),
            expires_at: issued.expires_at,
            resend_at: charged.resend_at,
            destination: contact.masked(),
        })
    }
}

fn topic(purpose: Purpose) -> Topic {
    match purpose {
        Purpose::Register => Topic::Register,
        Purpose::Login => Topic::Login,
        Purpose::ResetPassword => Topic::ResetPassword,
        Purpose::Bind => Topic::Bind,
        Purpose::ChangeContact => Topic::ChangeContact,
    }
}
