//! Twilio: the Messages resource of the API 2010-04-01, and its signed status callbacks.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta};
use serde::Deserialize;
use url::form_urlencoded;

use super::code;
use super::http::{Http, Response};
use super::number;
use crate::config::sms::TwilioSettings;
use crate::core::clock::Clock;
use crate::core::ids::MessageId;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::delivery::send::{Receipt, SendError};
use crate::delivery::sms::outgoing::Outgoing;
use crate::delivery::sms::port::{Checked, DeliveryReceipt, Queried, ReceiptError, ReceiptRequest, Sent};

pub(crate) const NAME: &str = "twilio";

/// For how long a message that was accepted may still be missing in the list.
const VISIBLE_AFTER: TimeDelta = TimeDelta::seconds(30);

/// A client of Twilio.
pub struct Twilio {
    settings: TwilioSettings,
    http: Http,
    clock: Clock,
    /// The public origin of the gateway, for status callbacks; `None` where Twilio cannot reach it.
    public_origin: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    sid: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    to: String,
    error_code: Option<i64>,
    date_created: Option<String>,
}

#[derive(Deserialize)]
struct MessageList {
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct ApiError {
    code: i64,
}

impl Twilio {
    pub(crate) fn new(
        settings: TwilioSettings,
        http: Http,
        clock: Clock,
        public_origin: Option<String>,
    ) -> Self {
        Self { settings, http, clock, public_origin }
    }

    pub(crate) async fn send(&self, message: &Outgoing<'_>) -> Result<Receipt, SendError> {
        if number::mainland(message.to).is_some() {
            return Err(SendError::Permanent("numbers of mainland China get templates only".into()));
        }
        let sender = if self.settings.from.starts_with("MG") { "MessagingServiceSid" } else { "From" };
        let mut form = vec![("To", message.to), (sender, &self.settings.from), ("Body", message.text)];
        let callback = self
            .public_origin
            .as_ref()
            .map(|origin| format!("{origin}/webhooks/sms/{NAME}?id={}", message.id));
        form.extend(callback.as_deref().map(|url| ("StatusCallback", url)));
        let request = self.http.post(&self.url("Messages.json")).form(&form);
        let sent: Message = self.call(request).await?;
        match sent.error_code {
            Some(code) => Err(classify(code, 200)),
            None => Ok(Receipt { provider: NAME, reference: Some(sent.sid) }),
        }
    }

    /// Asks for the message; if the response was lost, for messages to the number since the attempt.
    pub(crate) async fn query(&self, sent: &Sent<'_>) -> Result<Queried, SendError> {
        if let Some(reference) = sent.reference {
            let request = self.http.get(&self.url(&format!("Messages/{reference}.json")));
            let message: Message = self.call(request).await?;
            return Ok(state(&message));
        }
        // Without a date: a message that is accepted and still queued has no `DateSent`.
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("To", sent.to), ("PageSize", "20")])
            .finish();
        let request = self.http.get(&self.url(&format!("Messages.json?{query}")));
        let list: MessageList = self.call(request).await?;
        let since = sent.at - TimeDelta::seconds(5);
        let created = |message: &Message| {
            message.date_created.as_deref().and_then(|text| DateTime::parse_from_rfc2822(text).ok())
        };
        let is_ours = |message: &&Message| {
            number::is_same(&message.to, sent.to) && created(message).is_some_and(|at| at >= since)
        };
        match list.messages.iter().find(is_ours) {
            Some(message) => Ok(state(message)),
            None if self.clock.now() - sent.at < VISIBLE_AFTER => {
                Err(SendError::Temporary("the carrier does not show new messages at once".into()))
            }
            None => Ok(Queried::NotFound),
        }
    }

    /// Checks `X-Twilio-Signature` and parses the form.
    pub(crate) fn parse_receipts(
        &self,
        request: &ReceiptRequest<'_>,
    ) -> Result<Vec<DeliveryReceipt>, ReceiptError> {
        let origin = self.public_origin.as_deref().ok_or(ReceiptError::Unsupported)?;
        let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
        // A shared key of another algorithm is not configured; a caller must not choose the algorithm.
        if header("x-twilio-webhooks-signature-settings").is_some() {
            return Err(ReceiptError::Forged);
        }
        let fields: Vec<(String, String)> = form_urlencoded::parse(request.body).into_owned().collect();
        let url = format!("{origin}{}", request.path_and_query);
        let signature = header("x-twilio-signature").ok_or(ReceiptError::Forged)?;
        if !is_signed(&self.settings.auth_token, &url, &fields, signature) {
            return Err(ReceiptError::Forged);
        }
        let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let reference = field("MessageSid").ok_or(ReceiptError::Malformed)?;
        let delivered = match field("MessageStatus").as_deref() {
            Some("delivered" | "read") => true,
            Some("undelivered" | "failed" | "canceled") => false,
            // States on the way.
            Some(_) => return Ok(Vec::new()),
            None => return Err(ReceiptError::Malformed),
        };
        let query = request.path_and_query.split_once('?').map(|(_, query)| query).unwrap_or_default();
        let id = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "id");
        let id = id.and_then(|(_, value)| MessageId::parse(&value));
        Ok(vec![DeliveryReceipt {
            reference,
            id,
            delivered,
            reason: field("ErrorCode").as_deref().map(code::clean),
        }])
    }

    /// Asks for the account, which needs valid credentials and sends nothing.
    pub(crate) async fn check(&self) -> Result<Checked, SendError> {
        #[derive(Deserialize)]
        struct Account {
            status: String,
        }
        let url =
            format!("{}/2010-04-01/Accounts/{}.json", self.settings.base_url, self.settings.account_sid);
        let account: Account = self.call(self.http.get(&url)).await?;
        if account.status == "active" {
            Ok(Checked::Valid("the account is active".into()))
        } else {
            Err(SendError::Misconfigured("the account is not active".into()))
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/2010-04-01/Accounts/{}/{path}", self.settings.base_url, self.settings.account_sid)
    }

    async fn call<T: serde::de::DeserializeOwned>(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<T, SendError> {
        let token = self.settings.auth_token.expose_secret();
        let response: Response =
            self.http.send(request.basic_auth(&self.settings.account_sid, Some(token))).await?;
        if response.status < 300 {
            return response.json();
        }
        let error: ApiError = response.json()?;
        Err(classify(error.code, response.status))
    }
}

fn state(message: &Message) -> Queried {
    match message.status.as_str() {
        "delivered" | "read" => Queried::Delivered,
        "undelivered" | "failed" | "canceled" => Queried::Failed(
            message.error_code.map_or_else(|| code::clean(&message.status), |code| format!("code {code}")),
        ),
        _ => Queried::Accepted { reference: Some(message.sid.clone()) },
    }
}

/// The codes of the documentation, by what can be done about them.
fn classify(code: i64, status: u16) -> SendError {
    let text = format!("code {code}");
    match code {
        // The number is invalid, is a landline, or has opted out; the destination is not enabled.
        21_211 | 21_614 | 21_610 | 21_408 | 21_612 => SendError::Permanent(text),
        20_429 | 14_107 => SendError::Throttled { reason: text, retry_after: None },
        20_500 | 20_503 => SendError::Temporary(text),
        _ if status >= 500 => SendError::Temporary(text),
        _ => SendError::Misconfigured(text),
    }
}

/// Checks the signature of a callback: the URL and all fields, sorted by name, by HMAC-SHA1. Twilio signs URLs with or without
/// the usual port.
fn is_signed(token: &SecretString, url: &str, fields: &[(String, String)], signature: &str) -> bool {
    let Ok(signature) = STANDARD.decode(signature) else { return false };
    let mut fields = fields.to_vec();
    fields.sort();
    fields.dedup();
    let values = fields.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]).collect::<String>();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.expose_secret().as_bytes());
    let with_port = url::Url::parse(url).ok().and_then(|parsed| {
        let port = parsed.port().is_none().then(|| parsed.port_or_known_default()).flatten()?;
        let host = parsed.host_str()?;
        Some(url.replacen(host, &format!("{host}:{port}"), 1))
    });
    let mut urls = std::iter::once(url.to_owned()).chain(with_port);
    urls.any(|url| hmac::verify(&key, format!("{url}{values}").as_bytes(), &signature).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn signatures_of_the_documentation_are_valid() {
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        let call = fields(&[
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+14158675309"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("To", "+18005551212"),
        ]);
        let token: SecretString = "12345".to_owned().into();
        assert!(is_signed(&token, url, &call, "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
        assert!(!is_signed(&token, url, &call[..4], "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
        assert!(!is_signed(&token, "https://mycompany.com/", &call, "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
        assert!(!is_signed(&token, url, &call, "not base64"));
        let sid = "SM0123456789abcdef0123456789abcdef";
        let message = fields(&[
            ("AccountSid", "AC0123456789abcdef0123456789abcdef"),
            ("ApiVersion", "2010-04-01"),
            ("From", "+15005550001"),
            ("MessageSid", sid),
            ("MessageStatus", "delivered"),
            ("SmsSid", sid),
            ("SmsStatus", "delivered"),
            ("To", "+15005550006"),
        ]);
        let token: SecretString = "example-auth-token".to_owned().into();
        let url = "https://auth.example.com/webhooks/twilio?row=42";
        assert!(is_signed(&token, url, &message, "B0x2OElf/dWoh75ZvHmIUVZ8rvc="));
    }

    #[test]
    fn codes_are_classified() {
        for code in [21_211, 21_610, 21_408] {
            assert!(matches!(classify(code, 400), SendError::Permanent(_)), "{code}");
        }
        assert!(matches!(classify(20_429, 429), SendError::Throttled { .. }));
        for code in [21_602, 21_606, 20_003] {
            assert!(matches!(classify(code, 400), SendError::Misconfigured(_)), "{code}");
        }
        assert!(matches!(classify(1, 500), SendError::Temporary(_)));
    }
}
