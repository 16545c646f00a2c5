//! The operator's own service: a signed HTTP request per message (docs/sms.md).

use serde::Deserialize;
use serde_json::json;

use super::code;
use super::http::Http;
use super::number;
use crate::config::sms::{Parameter, WebhookSmsSettings};
use crate::core::clock::Clock;
use crate::core::ids::MessageId;
use crate::delivery::send::{Receipt, SendError};
use crate::delivery::sms::outgoing::Outgoing;
use crate::delivery::sms::port::{DeliveryReceipt, ReceiptError, ReceiptRequest};

pub(crate) const NAME: &str = "webhook";

/// How old a signed receipt may be, in seconds.
const TOLERANCE: i64 = 300;

/// A client of the operator's service.
pub struct Webhook {
    settings: WebhookSmsSettings,
    http: Http,
    clock: Clock,
}

/// The response of the service. Every field may be missing.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Reply {
    id: Option<String>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Report {
    id: String,
    message_id: Option<String>,
    delivered: bool,
    reason: Option<String>,
}

impl Webhook {
    pub(crate) fn new(settings: WebhookSmsSettings, http: Http, clock: Clock) -> Self {
        Self { settings, http, clock }
    }

    /// Sends the message. `webhook-id` is the same for all attempts of a message, so that the service can recognize a
    /// message that it has already sent. Numbers of mainland China get no free text.
    pub(crate) async fn send(&self, message: &Outgoing<'_>) -> Result<Receipt, SendError> {
        let parameters = message.parameters(&[Parameter::Code, Parameter::Minutes]);
        let text = number::mainland(message.to).is_none().then_some(message.text);
        let body = json!({
            "type": "sms.send",
            "data": {
                "to": message.to,
                "kind": message.content.kind(),
                "language": message.language.tag(),
                "parameters": parameters,
                "text": text,
            },
        })
        .to_string();
        let (id, now) = (format!("msg_{}", message.id), self.clock.now());
        let request = self
            .http
            .post(self.settings.url.as_str())
            .header("content-type", "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", now.timestamp().to_string())
            .header("webhook-signature", self.settings.secret.sign(&id, now, body.as_bytes()))
            .body(body);
        let response = self.http.send(request).await?;
        let reply: Reply = if response.is_empty() { Reply::default() } else { response.json()? };
        match (response.status, reply.error.as_deref()) {
            (200..=299, None) => Ok(Receipt { provider: NAME, reference: reply.id }),
            (_, Some("number_limited")) => Err(SendError::NumberLimited("number_limited".into())),
            (_, Some("throttled")) => {
                Err(SendError::Throttled { reason: "throttled".into(), retry_after: None })
            }
            (_, Some("temporary")) => Err(SendError::Temporary("temporary".into())),
            (_, Some("permanent")) => Err(SendError::Permanent("permanent".into())),
            (500.., _) => Err(SendError::Unknown(format!("status {}", response.status))),
            (status, _) => Err(SendError::Misconfigured(format!("status {status}"))),
        }
    }

    /// Checks the signature of a receipt and parses it.
    pub(crate) fn parse_receipts(
        &self,
        request: &ReceiptRequest<'_>,
    ) -> Result<Vec<DeliveryReceipt>, ReceiptError> {
        let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
        let (Some(id), Some(timestamp), Some(signature)) =
            (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"))
        else {
            return Err(ReceiptError::Forged);
        };
        let timestamp: i64 = timestamp.parse().map_err(|_| ReceiptError::Forged)?;
        let age = self.clock.now().timestamp().saturating_sub(timestamp);
        if age.saturating_abs() > TOLERANCE
            || !self.settings.secret.verify(id, timestamp, request.body, signature)
        {
            return Err(ReceiptError::Forged);
        }
        let report: Report = serde_json::from_slice(request.body).map_err(|_| ReceiptError::Malformed)?;
        Ok(vec![DeliveryReceipt {
            reference: report.id,
            id: report
                .message_id
                .as_deref()
                .and_then(|id| MessageId::parse(id.strip_prefix("msg_").unwrap_or(id))),
            delivered: report.delivered,
            reason: report.reason.as_deref().map(code::clean),
        }])
    }
}
