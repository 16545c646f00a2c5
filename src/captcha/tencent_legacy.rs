//! Tencent's captcha through its old ticket endpoint, which is not documented any more.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::http::Http;
use super::port::{CheckError, Evidence, Rejected, Unique};
use super::tencent_disaster;
use crate::config::captcha::CaptchaSettings;
use crate::core::secret::{ExposeSecret as _, SecretString};

const PUBLIC_URL: &str = "https://ssl.captcha.qq.com";
const LIFETIME: Duration = Duration::from_secs(600);
/// Clients commonly refuse above 50 to 70 of 100.
const MAX_EVIL: i64 = 70;

pub(super) struct TencentLegacy {
    url: String,
    app_id: String,
    secret: SecretString,
    http: Http,
}

/// All values are documented as strings.
#[derive(Deserialize)]
struct Verdict {
    response: Value,
    #[serde(default)]
    evil_level: Value,
    #[serde(default)]
    err_msg: String,
}

impl TencentLegacy {
    pub(super) fn new(settings: &CaptchaSettings, http: Http) -> Self {
        let base = settings.url.as_deref().unwrap_or(PUBLIC_URL);
        Self {
            url: format!("{base}/ticket/verify"),
            app_id: settings.site_key.clone(),
            secret: settings.secret.clone(),
            http,
        }
    }

    pub(super) fn unique(evidence: &Evidence<'_>) -> Result<Unique, Rejected> {
        if tencent_disaster::is_one(evidence.ticket) {
            return Err("a disaster-recovery ticket".into());
        }
        if evidence.randstr.is_none() {
            return Err("no randstr".into());
        }
        Ok(Unique::ticket(evidence, LIFETIME))
    }

    pub(super) async fn check(&self, evidence: &Evidence<'_>) -> Result<(), CheckError> {
        let address = evidence.address.to_string();
        let form = [
            ("aid", self.app_id.as_str()),
            ("AppSecretKey", self.secret.expose_secret()),
            ("Ticket", evidence.ticket),
            ("Randstr", evidence.randstr.unwrap_or_default()),
            ("UserIP", &address),
        ];
        judge(&self.http.form(&self.url, &form).await?)
    }
}

fn judge(verdict: &Verdict) -> Result<(), CheckError> {
    let message = verdict.err_msg.as_str();
    match number(&verdict.response) {
        Some(1) if number(&verdict.evil_level).unwrap_or(0) <= MAX_EVIL => Ok(()),
        Some(1) => Err(CheckError::rejected("evil_level too high")),
        Some(0) if message == "system busy" => Err(CheckError::Unavailable("the service is busy".into())),
        Some(0) if message == "cmd no match" || message == "appid no match" => {
            Err(CheckError::Misconfigured(message.to_owned()))
        }
        Some(0) => Err(CheckError::Rejected(Rejected(message.to_owned()))),
        Some(_) | None => Err(CheckError::Unavailable("unknown response of the captcha service".into())),
    }
}

/// Reads a number that may be a string; `None` for the empty string.
fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_not_taken_for_truth_values() {
        let judge = |text: &str| judge(&serde_json::from_str(text).unwrap());
        assert_eq!(judge(r#"{"response":"1","evil_level":"0","err_msg":"OK"}"#), Ok(()));
        assert_eq!(judge(r#"{"response":"1","evil_level":"","err_msg":"OK"}"#), Ok(()));
        assert_eq!(judge(r#"{"response":1,"evil_level":70,"err_msg":"OK"}"#), Ok(()));
        assert_eq!(
            judge(r#"{"response":"1","evil_level":"71","err_msg":"OK"}"#),
            Err(CheckError::rejected("evil_level too high"))
        );
        for text in
            ["verify timeout", "captcha no match", "Sequnce repeat", "diff", "decrypt fail", "bad visitor"]
        {
            let response = format!(r#"{{"response":"0","evil_level":"0","err_msg":"{text}"}}"#);
            assert_eq!(judge(&response), Err(CheckError::rejected(text)));
        }
        let busy = judge(r#"{"response":"0","evil_level":"0","err_msg":"system busy"}"#);
        assert!(matches!(busy, Err(CheckError::Unavailable(_))));
        let wrong = judge(r#"{"response":"0","evil_level":"0","err_msg":"appid no match"}"#);
        assert!(matches!(wrong, Err(CheckError::Misconfigured(_))));
        assert!(matches!(judge(r#"{"response":""}"#), Err(CheckError::Unavailable(_))));
    }
}
