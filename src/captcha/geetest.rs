//! GeeTest, version 4.

use std::time::Duration;

use aws_lc_rs::hmac;
use serde::Deserialize;
use url::form_urlencoded;

use super::http::Http;
use super::port::{CheckError, Evidence, Rejected, Unique};
use crate::config::captcha::CaptchaSettings;
use crate::core::secret::{ExposeSecret as _, SecretString, hex};

const PUBLIC_URL: &str = "https://gcaptcha4.geetest.com";
/// Not documented; the service refuses older ones with `pass_token expire`.
const LIFETIME: Duration = Duration::from_secs(600);

pub(super) struct Geetest {
    url: String,
    key: SecretString,
    http: Http,
}

/// What `getValidate()` of the widget returns. Pages send it as JSON.
#[derive(Deserialize)]
struct Ticket {
    lot_number: String,
    captcha_output: String,
    pass_token: String,
    gen_time: String,
}

#[derive(Deserialize)]
struct Response {
    status: String,
    #[serde(default)]
    result: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    msg: String,
}

impl Geetest {
    pub(super) fn new(settings: &CaptchaSettings, http: Http) -> Self {
        let base = settings.url.as_deref().unwrap_or(PUBLIC_URL);
        let id = form_urlencoded::byte_serialize(settings.site_key.as_bytes()).collect::<String>();
        Self { url: format!("{base}/validate?captcha_id={id}"), key: settings.secret.clone(), http }
    }

    pub(super) fn unique(evidence: &Evidence<'_>) -> Result<Unique, Rejected> {
        let ticket = parse(evidence.ticket).ok_or("no response of GeeTest's widget")?;
        Ok(Unique { id: ticket.lot_number, lifetime: LIFETIME, forgeable: false })
    }

    pub(super) async fn check(&self, evidence: &Evidence<'_>) -> Result<(), CheckError> {
        let ticket = parse(evidence.ticket).ok_or(CheckError::rejected("no response of GeeTest's widget"))?;
        let signature = sign(self.key.expose_secret(), &ticket.lot_number);
        let form = [
            ("lot_number", ticket.lot_number.as_str()),
            ("captcha_output", &ticket.captcha_output),
            ("pass_token", &ticket.pass_token),
            ("gen_time", &ticket.gen_time),
            ("sign_token", &signature),
        ];
        judge(&self.http.form(&self.url, &form).await?)
    }
}

fn judge(response: &Response) -> Result<(), CheckError> {
    match (response.status.as_str(), response.result.as_str()) {
        ("success", "success") => Ok(()),
        ("success", "fail") => Err(CheckError::Rejected(Rejected(response.reason.clone()))),
        ("error", _) => {
            let text = format!("{} {}", response.code, response.msg);
            // Only these two values come from our settings; the others come from the client.
            let ours = ["captcha_id", "sign_token"].iter().any(|name| response.msg.contains(name));
            Err(if ours { CheckError::Misconfigured(text) } else { CheckError::Rejected(Rejected(text)) })
        }
        _ => Err(CheckError::Unavailable("the captcha service responded with an unknown status".into())),
    }
}

fn parse(ticket: &str) -> Option<Ticket> {
    serde_json::from_str(ticket).ok()
}

fn sign(key: &str, lot_number: &str) -> String {
    hex(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), lot_number.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lot_number_is_signed() {
        assert_eq!(
            sign("example-captcha-key", "0123456789abcdef0123456789abcdef"),
            "f988fb2605ff24617cf04c2cdd591d04d0f9f4931d31f7c611137c19a6a1db26"
        );
    }

    #[test]
    fn responses_are_classified() {
        let judge = |text: &str| judge(&serde_json::from_str(text).unwrap());
        assert_eq!(judge(r#"{"status":"success","result":"success","reason":""}"#), Ok(()));
        assert_eq!(
            judge(r#"{"status":"success","result":"fail","reason":"pass_token expire"}"#),
            Err(CheckError::rejected("pass_token expire"))
        );
        assert_eq!(
            judge(
                r#"{"status":"error","code":"-50005","msg":"illegal gen_time","desc":{"type":"defined error"}}"#
            ),
            Err(CheckError::rejected("-50005 illegal gen_time"))
        );
        assert!(matches!(
            judge(r#"{"status":"error","code":"-50101","msg":"illegal captcha_id"}"#),
            Err(CheckError::Misconfigured(_))
        ));
        assert!(matches!(judge(r#"{"status":"other"}"#), Err(CheckError::Unavailable(_))));
    }
}
