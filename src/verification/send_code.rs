//! What `sendSms` and `sendEmailCode` share: limits, captcha, code and message, in this order.

use super::purpose::Purpose;
use super::service::Verification;
use crate::captcha::{CaptchaClaim, CaptchaRefusal, Subject};
use crate::core::client::Client;
use crate::core::clock::Instant;
use crate::core::contact::Contact;
use crate::core::identifier::Mobile;
use crate::core::ids::MessageId;
use crate::delivery::{Channel, Content, Topic};
use crate::limits::{self, SmsTarget};
use crate::outcome::Refusal;

/// A code whose message is in the outbox.
pub struct CodeSent {
    pub delivery: MessageId,
    pub channel: Channel,
    /// When the message was queued.
    pub at: Instant,
    pub expires_at: Instant,
    /// From when on the next code can be requested.
    pub resend_at: Instant,
    /// The masked destination.
    pub destination: String,
}

impl Verification {
    /// Issues a code and puts its message into the outbox. The result is the same whether or not an account has the
    /// contact.
    pub(super) async fn send_code(
        &self,
        purpose: Purpose,
        contact: &Contact,
        captcha: CaptchaClaim<'_>,
        client: &Client,
    ) -> Result<CodeSent, CaptchaRefusal> {
        let (channel, limited) = match contact {
            Contact::Mobile(mobile) => {
                (Channel::Sms, limits::Channel::Sms { region: mobile.region().code() })
            }
            Contact::Email(_) => (Channel::Email, limits::Channel::Email),
        };
        let key = contact.send_key();
        let charge = self.kit.limits.send(limited, &key, &client.network()).await?;
        let resend_at = charge.resend_at;
        // The limits come first: nobody solves a captcha to learn that a limit is exhausted.
        let queued = async {
            let queue = self.queue_code(purpose, contact, client);
            match contact {
                Contact::Mobile(mobile) => self.queue_sms(mobile, captcha, queue, client).await,
                Contact::Email(_) => {
                    let subject = Subject::Destination { key: &key, prefix: None, doubtful: false };
                    self.captcha.check(captcha, subject, client).await?;
                    Ok(queue.await?)
                }
            }
        };
        let (delivery, expires_at) = charge.guard.keep_if_ok(Box::pin(queued)).await?;
        Ok(CodeSent {
            delivery,
            channel,
            at: self.kit.clock.now(),
            expires_at,
            resend_at,
            destination: contact.masked(),
        })
    }

    /// Runs `queue` if neither the captcha nor the SMS budget refuses.
    async fn queue_sms<T>(
        &self,
        mobile: &Mobile,
        captcha: CaptchaClaim<'_>,
        queue: impl Future<Output = Result<T, Refusal>>,
        client: &Client,
    ) -> Result<T, CaptchaRefusal> {
        let contact = Contact::Mobile(mobile.clone());
        let (key, prefix) = (contact.send_key(), contact.prefix().unwrap_or_default());
        let target = SmsTarget { contact: &contact, prefix: &prefix, region: mobile.region().code() };
        let risk = self.sms_guard.assess(target, client).await?;
        let subject = Subject::Destination { key: &key, prefix: Some(&prefix), doubtful: risk.doubtful };
        self.captcha.check(captcha, subject, client).await?;
        let charge = self.sms_guard.charge(target, risk.known).await?;
        let queued = charge.keep_if_ok(queue).await?;
        risk.keep();
        self.sms_guard.sent(&prefix).await;
        Ok(queued)
    }

    async fn queue_code(
        &self,
        purpose: Purpose,
        contact: &Contact,
        client: &Client,
    ) -> Result<(MessageId, Instant), Refusal> {
        let issued = self.codes.issue(purpose, &contact.key()).await.map_err(|error| {
            tracing::debug!(%error, "the code could not be stored");
            Refusal::Unavailable("codes".into())
        })?;
        let content =
            Content::Code { topic: topic(purpose), code: issued.code.clone(), minutes: issued.minutes() };
        let message = self.outbox.compose(contact.into(), &content, client.language, issued.expires_at);
        let delivery = message.id;
        if let Err(error) = self.outbox.enqueue(message).await {
            // A code that nobody receives must not stand between the person and the next one.
            self.codes.withdraw(&issued).await;
            return Err(error);
        }
        Ok((delivery, issued.expires_at))
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
