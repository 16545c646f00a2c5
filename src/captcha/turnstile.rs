//! Cloudflare Turnstile.

use std::time::Duration;

use serde::Deserialize;

use super::http::{Failed, Http};
use super::port::{CheckError, Evidence, Rejected, Unique};
use crate::config::captcha::CaptchaSettings;
use crate::core::random::Random;
use crate::core::secret::{ExposeSecret as _, SecretString};

const PUBLIC_URL: &str = "https://challenges.cloudflare.com/turnstile/v0";
/// Documented.
const LIFETIME: Duration = Duration::from_secs(300);
const MAX_TOKEN: usize = 2_048;

pub(super) struct Turnstile {
    url: String,
    secret: SecretString,
    hostnames: Vec<String>,
    /// The published test secrets, which development may use, return no action of the page.
    test_secret: bool,
    http: Http,
    random: Random,
}

#[derive(Deserialize)]
struct Response {
    success: bool,
    #[serde(default, rename = "error-codes")]
    error_codes: Vec<String>,
    hostname: Option<String>,
    action: Option<String>,
}

impl Turnstile {
    pub(super) fn new(settings: &CaptchaSettings, http: Http, random: Random) -> Self {
        let base = settings.url.as_deref().unwrap_or(PUBLIC_URL);
        Self {
            url: format!("{base}/siteverify"),
            secret: settings.secret.clone(),
            hostnames: settings.hostnames.clone(),
            test_secret: settings.has_test_secret(),
            http,
            random,
        }
    }

    pub(super) fn unique(evidence: &Evidence<'_>) -> Result<Unique, Rejected> {
        if evidence.ticket.len() > MAX_TOKEN {
            return Err("too long".into());
        }
        Ok(Unique::ticket(evidence, LIFETIME))
    }

    pub(super) async fn check(&self, evidence: &Evidence<'_>) -> Result<(), CheckError> {
        let address = evidence.address.to_string();
        // With the same key the service returns the same result again: a lost response does not cost the token.
        let key = uuid::Builder::from_random_bytes(self.random.bytes()).into_uuid().to_string();
        let form = [
            ("secret", self.secret.expose_secret()),
            ("response", evidence.ticket),
            ("remoteip", &address),
            ("idempotency_key", &key),
        ];
        let response = match self.http.form(&self.url, &form).await {
            Err(Failed::Connection(_)) => self.http.form(&self.url, &form).await,
            other => other,
        };
        self.judge(response?, evidence)
    }

    fn judge(&self, response: Response, evidence: &Evidence<'_>) -> Result<(), CheckError> {
        if !response.success {
            return Err(classify(&response.error_codes));
        }
        let hostname = response.hostname.unwrap_or_default();
        if !self.hostnames.is_empty() && !self.hostnames.contains(&hostname) {
            return Err(CheckError::rejected("from a page of another host name"));
        }
        if !self.test_secret && response.action.as_deref() != Some(evidence.action.name()) {
            return Err(CheckError::rejected("for another mutation"));
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
        "invalid-parsed-secret",
        "invalid-widget-id",
        "bad-request",
    ]) {
        return CheckError::Misconfigured(text());
    }
    if has(&["missing-input-response", "invalid-input-response", "timeout-or-duplicate"]) {
        return CheckError::Rejected(Rejected(text()));
    }
    // `internal-error`, and codes that are not documented.
    CheckError::Unavailable(format!("the captcha service reports: {}", text()))
}
