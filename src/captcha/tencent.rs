//! Tencent's captcha through the API of Tencent Cloud (`DescribeCaptchaResult`).

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::http::Http;
use super::port::{CheckError, Evidence, Rejected, Unique};
use super::tencent_disaster;
use crate::config::captcha::CaptchaSettings;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::core::signing::tc3::{JSON, Tc3Key, Tc3Request};

const PUBLIC_URL: &str = "https://captcha.tencentcloudapi.com";
const ACTION: &str = "DescribeCaptchaResult";
const VERSION: &str = "2019-07-22";
/// Documented.
const LIFETIME: Duration = Duration::from_secs(300);

pub(super) struct Tencent {
    url: String,
    /// What the signature covers: the host, with the port unless it is the usual one.
    host: String,
    app_id: u64,
    app_secret: SecretString,
    key: Tc3Key,
    disaster_tickets: bool,
    http: Http,
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "Response")]
    response: Response,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Response {
    error: Option<ApiError>,
    captcha_code: Option<i64>,
    captcha_msg: Option<String>,
    evil_level: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ApiError {
    code: String,
}

impl Tencent {
    pub(super) fn new(settings: &CaptchaSettings, http: Http) -> Self {
        let url = settings.url.as_deref().unwrap_or(PUBLIC_URL);
        let key = Tc3Key { secret_id: settings.secret_id.clone(), secret_key: settings.secret_key.clone() };
        Self {
            url: format!("{url}/"),
            host: host(url),
            // The settings accept numbers only.
            app_id: settings.site_key.parse().unwrap_or_default(),
            app_secret: settings.secret.clone(),
            key,
            disaster_tickets: settings.disaster_tickets,
            http,
        }
    }

    pub(super) fn unique(&self, evidence: &Evidence<'_>) -> Result<Unique, Rejected> {
        tencent_disaster::check(evidence, self.app_id, self.disaster_tickets)?;
        if evidence.randstr.is_none() {
            return Err("no randstr".into());
        }
        let forgeable = tencent_disaster::is_one(evidence.ticket);
        Ok(Unique { forgeable, ..Unique::ticket(evidence, LIFETIME * 2) })
    }

    pub(super) async fn check(&self, evidence: &Evidence<'_>) -> Result<(), CheckError> {
        if tencent_disaster::is_one(evidence.ticket) {
            // Checked before; Tencent does not know these tickets.
            return Ok(());
        }
        let body = json!({
            "CaptchaType": 9,
            "Ticket": evidence.ticket,
            "UserIp": evidence.address.to_string(),
            "Randstr": evidence.randstr,
            "CaptchaAppId": self.app_id,
            "AppSecretKey": self.app_secret.expose_secret(),
        })
        .to_string();
        let signed = [("content-type", JSON), ("host", self.host.as_str()), ("x-tc-action", ACTION)];
        let authorization = self.key.authorization(&Tc3Request {
            service: "captcha",
            headers: &signed,
            body: body.as_bytes(),
            at: evidence.now,
        });
        let timestamp = evidence.now.timestamp().to_string();
        let headers = [
            ("content-type", JSON),
            ("x-tc-action", ACTION),
            ("x-tc-version", VERSION),
            ("x-tc-timestamp", timestamp.as_str()),
            ("authorization", authorization.as_str()),
        ];
        let envelope: Envelope = self.http.post(&self.url, &headers, body).await?;
        judge(&envelope.response)
    }
}

/// Returns the value of the header `Host` in requests to `url`.
fn host(url: &str) -> String {
    let url = Url::parse(url).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    url.as_ref().and_then(Url::port).map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn judge(response: &Response) -> Result<(), CheckError> {
    if let Some(ApiError { code }) = &response.error {
        let temporary = ["InternalError", "RequestLimitExceeded", "LimitExceeded"];
        return Err(if temporary.iter().any(|prefix| code.starts_with(prefix)) {
            CheckError::Unavailable(format!("Tencent Cloud reports: {code}"))
        } else {
            // The signature, the permissions or the parameters, all of which are ours.
            CheckError::Misconfigured(code.clone())
        });
    }
    let message =
        || format!("{:?} {}", response.captcha_code, response.captcha_msg.as_deref().unwrap_or_default());
    match response.captcha_code {
        Some(1) if response.evil_level != Some(100) => Ok(()),
        Some(1) => Err(CheckError::rejected("EvilLevel 100")),
        Some(26) => Err(CheckError::Unavailable("Tencent's captcha reports an internal error".into())),
        Some(100) => Err(CheckError::Misconfigured(message())),
        // 16 (app id and ticket do not match) is also what a ticket of another application gets.
        Some(6..=21) => Err(CheckError::Rejected(Rejected(message()))),
        Some(_) | None => Err(CheckError::Unavailable(format!("unknown response of Tencent: {}", message()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(text: &str) -> &'static str {
        let envelope: Envelope = serde_json::from_str(text).unwrap();
        match judge(&envelope.response) {
            Ok(()) => "passed",
            Err(CheckError::Rejected(_)) => "rejected",
            Err(CheckError::Unavailable(_)) => "unavailable",
            Err(CheckError::Misconfigured(_)) => "misconfigured",
        }
    }

    #[test]
    fn every_code_is_classified() {
        let code = |code: i64, evil: &str| {
            verdict(&format!(
                r#"{{"Response":{{"CaptchaCode":{code},"CaptchaMsg":"m","EvilLevel":{evil},"RequestId":"r"}}}}"#
            ))
        };
        assert_eq!(code(1, "0"), "passed");
        assert_eq!(code(1, "null"), "passed");
        assert_eq!(code(1, "100"), "rejected");
        for rejected in [6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19, 20, 21] {
            assert_eq!(code(rejected, "0"), "rejected", "{rejected}");
        }
        assert_eq!(code(26, "0"), "unavailable");
        assert_eq!(code(100, "0"), "misconfigured");
        assert_eq!(code(77, "0"), "unavailable");
        let error = |code: &str| {
            verdict(&format!(
                r#"{{"Response":{{"Error":{{"Code":"{code}","Message":"m"}},"RequestId":"r"}}}}"#
            ))
        };
        for code in ["InternalError", "RequestLimitExceeded"] {
            assert_eq!(error(code), "unavailable", "{code}");
        }
        for code in [
            "AuthFailure.SignatureFailure",
            "AuthFailure.SignatureExpire",
            "UnauthorizedOperation.ErrAuth",
            "UnauthorizedOperation.Unauthorized",
            "MissingParameter",
            "InvalidParameter",
        ] {
            assert_eq!(error(code), "misconfigured", "{code}");
        }
        assert_eq!(verdict(r#"{"Response":{}}"#), "unavailable");
    }

    #[test]
    fn the_host_has_no_usual_port() {
        assert_eq!(host("https://captcha.tencentcloudapi.com"), "captcha.tencentcloudapi.com");
        assert_eq!(host("http://127.0.0.1:8000/sandbox"), "127.0.0.1:8000");
    }
}
