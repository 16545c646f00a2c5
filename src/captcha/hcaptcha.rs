//! hCaptcha.

use std::time::Duration;

use serde::Deserialize;

use super::http::Http;
use super::port::{CheckError, Evidence, Rejected, Unique};
use crate::config::captcha::CaptchaSettings;
use crate::core::secret::{ExposeSecret as _, SecretString};

const PUBLIC_URL: &str = "https://api.hcaptcha.com";
/// Tokens expire after two minutes by default; a site can allow more.
const LIFETIME: Duration = Duration::from_secs(600);

pub(super) struct Hcaptcha {
    url: String,
    site_key: String,
    secret: SecretString,
    hostnames: Vec<String>,
    http: Http,
}

#[derive(Deserialize)]
struct Response {
    success: bool,
    #[serde(default, rename = "error-codes")]
    error_codes: Vec<String>,
    hostname: Option<String>,
}

impl Hcaptcha {
    pub(super) fn new(settings: &CaptchaSettings, http: Http) -> Self {
        let base = settings.url.as_deref().unwrap_or(PUBLIC_URL);
        Self {
            url: format!("{base}/siteverify"),
            site_key: settings.site_key.clone(),
            secret: settings.secret.clone(),
            hostnames: settings.hostnames.clone(),
            http,
        }
    }

    pub(super) fn unique(evidence: &Evidence<'_>) -> Unique {
        Unique::ticket(evidence, LIFETIME)
    }

    pub(super) async fn check(&self, evidence: &Evidence<'_>) -> Result<(), CheckError> {
        let address = evidence.address.to_string();
        let form = [
            ("secret", self.secret.expose_secret()),
            ("response", evidence.ticket),
            ("remoteip", &address),
            // The service then checks that the token was made for this key.
            ("sitekey", &self.site_key),
        ];
        let response: Response = self.http.form(&self.url, &form).await?;
        if !response.success {
            return Err(classify(&response.error_codes));
        }
        let hostname = response.hostname.unwrap_or_default();
        if !self.hostnames.is_empty() && !self.hostnames.contains(&hostname) {
            return Err(CheckError::rejected("from a page of another host name"));
        }
        Ok(())
    }
}

/// Maps error codes. Several can be listed; those that an operator must handle come first.
pub(super) fn classify(codes: &[String]) -> CheckError {
    let text = || codes.join(", ");
    let has = |known: &[&str]| codes.iter().any(|code| known.contains(&code.as_str()));
    if has(&[
        "missing-input-secret",
        "invalid-input-secret",
        "bad-request",
        "sitekey-secret-mismatch",
        "not-using-dummy-passcode",
    ]) {
        return CheckError::Misconfigured(text());
    }
    // A client causes `not-using-dummy-secret` by sending the published test token.
    if has(&[
        "missing-input-response",
        "invalid-input-response",
        "expired-input-response",
        "already-seen-response",
        "invalid-or-already-seen-response",
        "not-using-dummy-secret",
        "invalid-remoteip",
    ]) {
        return CheckError::Rejected(Rejected(text()));
    }
    CheckError::Unavailable(format!("the captcha service reports: {}", text()))
}
