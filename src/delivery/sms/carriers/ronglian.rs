//! Yuntongxun (容联云通讯): REST API 2013-12-26, `TemplateSMS`. It cannot be asked about a message, and the format of its
//! delivery receipts is not public.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use md5::{Digest as _, Md5};
use serde::Deserialize;
use serde_json::json;

use super::code;
use super::http::Http;
use super::number;
use crate::config::sms::RonglianSettings;
use crate::core::clock::{Clock, Instant};
use crate::core::secret::{ExposeSecret as _, hex};
use crate::delivery::send::{Receipt, SendError};
use crate::delivery::sms::outgoing::Outgoing;
use crate::delivery::sms::port::Checked;

pub(crate) const NAME: &str = "ronglian";

/// A client of Yuntongxun.
pub struct Ronglian {
    settings: RonglianSettings,
    http: Http,
    clock: Clock,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    status_code: String,
    #[serde(rename = "templateSMS")]
    template_sms: Option<Accepted>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Accepted {
    sms_message_sid: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccountReply {
    status_code: String,
}

impl Ronglian {
    pub(crate) fn new(settings: RonglianSettings, http: Http, clock: Clock) -> Self {
        Self { settings, http, clock }
    }

    pub(crate) async fn send(&self, message: &Outgoing<'_>) -> Result<Receipt, SendError> {
        let Some(to) = number::mainland(message.to) else {
            return Err(SendError::Permanent("this carrier sends to mainland China only".into()));
        };
        let kind = message.content.kind();
        let template = self.settings.templates.find(kind, message.language);
        let template = template
            .ok_or_else(|| SendError::Misconfigured(format!("no template is configured for {kind}")))?;
        let body = json!({
            "to": to,
            "appId": self.settings.app_id,
            "templateId": template,
            "datas": message.parameters(&self.settings.parameters),
        });
        let reply: Reply = self.call("SMS/TemplateSMS", Some(body.to_string())).await?;
        if reply.status_code == "000000" {
            let reference = reply.template_sms.map(|accepted| accepted.sms_message_sid);
            return Ok(Receipt { provider: NAME, reference });
        }
        Err(classify(&reply.status_code))
    }

    /// Asks for the account, which needs valid credentials and sends nothing.
    pub(crate) async fn check(&self) -> Result<Checked, SendError> {
        let reply: AccountReply = self.call("AccountInfo", None).await?;
        if reply.status_code == "000000" {
            return Ok(Checked::Valid("the account exists".into()));
        }
        Err(classify(&reply.status_code))
    }

    async fn call<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        body: Option<String>,
    ) -> Result<T, SendError> {
        let (signature, authorization) = self.sign(self.clock.now());
        let url = format!(
            "{}/2013-12-26/Accounts/{}/{path}?sig={signature}",
            self.settings.base_url, self.settings.account_sid
        );
        let request = match body {
            Some(body) => self.http.post(&url).body(body),
            None => self.http.get(&url),
        };
        let request = request
            .header("accept", "application/json")
            .header("content-type", "application/json;charset=utf-8")
            .header("authorization", authorization);
        self.http.send(request).await?.json()
    }

    /// Returns the parameter `sig` and the header `Authorization`. The time is that of China, as in the official clients.
    fn sign(&self, now: Instant) -> (String, String) {
        let RonglianSettings { account_sid, auth_token, .. } = &self.settings;
        let time = (now + TimeDelta::hours(8)).format("%Y%m%d%H%M%S").to_string();
        let digest = Md5::digest(format!("{account_sid}{}{time}", auth_token.expose_secret()));
        let signature = hex(&digest).to_ascii_uppercase();
        (signature, STANDARD.encode(format!("{account_sid}:{time}")))
    }
}

/// The status codes of the documentation, by what can be done about them.
fn classify(code: &str) -> SendError {
    let text = format!("code {}", code::clean(code));
    match code {
        // Too frequent, daily limits of the number, the same text to the same number, a duplicate request.
        "160038" | "160039" | "160040" | "160041" | "160054" | "160056" => SendError::NumberLimited(text),
        // The number is invalid or refuses messages, or the content is not allowed.
        "160042" | "160034" | "160033" | "160049" | "160044" | "160045" | "160048" => {
            SendError::Permanent(text)
        }
        // A fault of the carrier; sending failed there.
        "160000" | "160050" => SendError::Temporary(text),
        // Credentials, application, template, balance, addresses of callers; and codes that are not documented.
        _ => SendError::Misconfigured(text),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn client() -> Ronglian {
        let settings = RonglianSettings {
            account_sid: "8a216da8000000000000000000000001".into(),
            auth_token: "0123456789abcdef0123456789abcdef".to_owned().into(),
            app_id: "8aEXAMPLE".into(),
            templates: crate::config::sms::Templates::default(),
            parameters: Vec::new(),
            base_url: "http://127.0.0.1:1".into(),
        };
        Ronglian::new(settings, Http::new(Duration::from_secs(1)).unwrap(), Clock::system())
    }

    #[test]
    fn requests_are_signed() {
        let now = chrono::DateTime::parse_from_rfc3339("2024-08-08T14:06:41+08:00").unwrap().to_utc();
        let (signature, authorization) = client().sign(now);
        assert_eq!(signature, "BAB81A6F7F1A832831F2BE90FDE5126F");
        assert_eq!(authorization, "OGEyMTZkYTgwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDE6MjAyNDA4MDgxNDA2NDE=");
    }

    #[test]
    fn codes_are_classified() {
        for code in ["160038", "160039", "160040", "160041", "160054", "160056"] {
            assert!(matches!(classify(code), SendError::NumberLimited(_)), "{code}");
        }
        for code in ["160033", "160034", "160042", "160049"] {
            assert!(matches!(classify(code), SendError::Permanent(_)), "{code}");
        }
        for code in ["160000", "160050"] {
            assert!(matches!(classify(code), SendError::Temporary(_)), "{code}");
        }
        for code in [
            "111101", "111109", "111141", "111170", "112310", "113302", "160031", "160032", "160036",
            "160043", "160053", "999999",
        ] {
            assert!(matches!(classify(code), SendError::Misconfigured(_)), "{code}");
        }
    }
}
