//! One carrier of SMS messages.

use std::sync::Arc;

use super::carriers::aliyun::Aliyun;
use super::carriers::ronglian::Ronglian;
use super::carriers::tencent::Tencent;
use super::carriers::twilio::Twilio;
use super::carriers::webhook::Webhook;
use super::carriers::{Http, aliyun, ronglian, tencent, twilio, webhook};
use super::inbox::SmsInbox;
use super::outgoing::Outgoing;
use super::port::{Acknowledgement, Checked, DeliveryReceipt, Queried, ReceiptError, ReceiptRequest, Sent};
use crate::config::sms::CarrierSettings;
use crate::core::clock::Clock;
use crate::core::random::Random;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::delivery::send::{Receipt, SendError};

/// A carrier. Each variant is implemented in a file of its own. Cheap to clone.
#[derive(Clone)]
pub enum Carrier {
    /// Development only: messages appear on the page `/dev/inbox`.
    Inbox(SmsInbox),
    Ronglian(Arc<Ronglian>),
    /// With the secret at the end of the URL for receipts, which this carrier does not sign.
    Aliyun(Arc<Aliyun>, Option<SecretString>),
    Tencent(Arc<Tencent>, Option<SecretString>),
    Twilio(Arc<Twilio>),
    Webhook(Arc<Webhook>),
}

/// What carriers are built with.
pub struct CarrierParts {
    pub http: Http,
    pub clock: Clock,
    pub random: Random,
    /// The public origin of the gateway, such as `https://auth.example.com`; `None` where carriers cannot reach it.
    pub public_origin: Option<String>,
    /// The secret at the end of the URL for receipts.
    pub receipt_secret: Option<SecretString>,
}

impl Carrier {
    /// Builds the client of a carrier.
    #[must_use]
    pub fn new(settings: &CarrierSettings, parts: &CarrierParts) -> Self {
        let (http, clock) = (parts.http.clone(), parts.clock.clone());
        let secret = parts.receipt_secret.clone();
        match settings.clone() {
            CarrierSettings::Ronglian(settings) => {
                Self::Ronglian(Arc::new(Ronglian::new(settings, http, clock)))
            }
            CarrierSettings::Aliyun(settings) => {
                Self::Aliyun(Arc::new(Aliyun::new(settings, http, clock, parts.random.clone())), secret)
            }
            CarrierSettings::Tencent(settings) => {
                Self::Tencent(Arc::new(Tencent::new(settings, http, clock)), secret)
            }
            CarrierSettings::Twilio(settings) => {
                Self::Twilio(Arc::new(Twilio::new(settings, http, clock, parts.public_origin.clone())))
            }
            CarrierSettings::Webhook(settings) => {
                Self::Webhook(Arc::new(Webhook::new(settings, http, clock)))
            }
        }
    }

    /// Returns the name in settings, in the outbox and in the path of the receipt webhook.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Inbox(_) => "inbox",
            Self::Ronglian(_) => ronglian::NAME,
            Self::Aliyun(..) => aliyun::NAME,
            Self::Tencent(..) => tencent::NAME,
            Self::Twilio(_) => twilio::NAME,
            Self::Webhook(_) => webhook::NAME,
        }
    }

    /// Sends the message in one request, without retries.
    pub async fn send(&self, message: &Outgoing<'_>) -> Result<Receipt, SendError> {
        match self {
            Self::Inbox(inbox) => inbox.send(message).await,
            Self::Ronglian(carrier) => carrier.send(message).await,
            Self::Aliyun(carrier, _) => carrier.send(message).await,
            Self::Tencent(carrier, _) => carrier.send(message).await,
            Self::Twilio(carrier) => carrier.send(message).await,
            Self::Webhook(carrier) => carrier.send(message).await,
        }
    }

    /// Asks the carrier about a message. After an error the carrier can be asked again later. In particular, a carrier
    /// that does not show new messages at once returns [`SendError::Temporary`] until the message would be visible.
    pub async fn query(&self, sent: &Sent<'_>) -> Result<Queried, SendError> {
        match self {
            Self::Inbox(_) => Ok(sent.reference.map_or(Queried::Unsupported, |_| Queried::Delivered)),
            Self::Aliyun(carrier, _) => carrier.query(sent).await,
            Self::Tencent(carrier, _) => carrier.query(sent).await,
            Self::Twilio(carrier) => carrier.query(sent).await,
            Self::Ronglian(_) | Self::Webhook(_) => Ok(Queried::Unsupported),
        }
    }

    /// Checks the authenticity of a request to the receipt webhook and parses it. Receipts of intermediate states are
    /// left out, so the list can be empty.
    pub fn parse_receipts(&self, request: &ReceiptRequest<'_>) -> Result<Vec<DeliveryReceipt>, ReceiptError> {
        match self {
            Self::Inbox(_) | Self::Ronglian(_) => Err(ReceiptError::Unsupported),
            Self::Aliyun(_, secret) => {
                check_secret(secret.as_ref(), request)?;
                Aliyun::parse_receipts(request.body)
            }
            Self::Tencent(_, secret) => {
                check_secret(secret.as_ref(), request)?;
                Tencent::parse_receipts(request.body)
            }
            Self::Twilio(carrier) => carrier.parse_receipts(request),
            Self::Webhook(carrier) => carrier.parse_receipts(request),
        }
    }

    /// Returns the response to a request whose receipts were stored.
    #[must_use]
    pub fn acknowledgement(&self) -> Acknowledgement {
        const JSON: &str = "application/json";
        match self {
            Self::Aliyun(..) => Acknowledgement { content_type: JSON, body: r#"{"code":0,"msg":"OK"}"# },
            Self::Tencent(..) => {
                Acknowledgement { content_type: JSON, body: r#"{"result":0,"errmsg":"OK"}"# }
            }
            Self::Inbox(_) | Self::Ronglian(_) | Self::Twilio(_) | Self::Webhook(_) => {
                Acknowledgement { content_type: "text/plain", body: "" }
            }
        }
    }

    /// Asks the carrier whether the credentials are valid, without sending a message.
    pub async fn check(&self) -> Result<Checked, SendError> {
        match self {
            Self::Ronglian(carrier) => carrier.check().await,
            Self::Aliyun(carrier, _) => carrier.check().await,
            Self::Tencent(carrier, _) => carrier.check().await,
            Self::Twilio(carrier) => carrier.check().await,
            Self::Inbox(_) | Self::Webhook(_) => Ok(Checked::Unsupported),
        }
    }
}

/// Compares the last segment of the path with the configured secret, in constant time.
fn check_secret(secret: Option<&SecretString>, request: &ReceiptRequest<'_>) -> Result<(), ReceiptError> {
    use subtle::ConstantTimeEq as _;
    let secret = secret.ok_or(ReceiptError::Unsupported)?;
    let path = request.path_and_query.split('?').next().unwrap_or_default();
    let given = path.rsplit('/').next().unwrap_or_default();
    if bool::from(given.as_bytes().ct_eq(secret.expose_secret().as_bytes())) {
        Ok(())
    } else {
        Err(ReceiptError::Forged)
    }
}
