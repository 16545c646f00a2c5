//! Widgets of captchas: those of the sandbox, and ALTCHA, which is solved for real.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::browser::Browser;
use super::reply::kind;

/// The captcha services that the sandbox emulates.
pub const SERVICES: [&str; 5] = ["turnstile", "hcaptcha", "geetest", "tencent", "tencent_legacy"];

/// Returns the input `captcha` for a ticket of the sandbox. `parameters`: the query, such as `failure=hang`.
pub async fn ticket(browser: &Browser, service: &str, parameters: &str) -> Value {
    let reply = browser.get(&format!("/sandbox/captcha/{service}/ticket?{parameters}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json
}

/// Gets a challenge of ALTCHA and solves it, as the widget does.
pub async fn solve(browser: &Browser, action: &str) -> Value {
    let reply = browser.get(&format!("/captcha/challenge?action={action}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let challenge = reply.json;
    let (salt, wanted) = (challenge["salt"].as_str(), challenge["challenge"].as_str());
    let (salt, wanted) = (salt.expect("a salt"), wanted.expect("a challenge"));
    let most = challenge["maxnumber"].as_u64().expect("a number");
    let number = (0..=most).find(|number| sha256_hex(&format!("{salt}{number}")) == wanted);
    let payload = json!({
        "algorithm": challenge["algorithm"], "challenge": wanted, "number": number.expect("a solution"),
        "salt": salt, "signature": challenge["signature"], "took": 5,
    });
    json!({ "ticket": STANDARD.encode(payload.to_string()) })
}

fn sha256_hex(text: &str) -> String {
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    menjin::core::secret::hex(digest.as_ref())
}

/// Signs in with a wrong password, and returns the type of the outcome, with the reason of a required captcha.
pub async fn try_login(browser: &Browser, account: &str, captcha: Value) -> String {
    let input = json!({ "account": account, "password": "wrong horse battery", "captcha": captcha });
    let reply = browser.mutate("login", input).await;
    if reply.error_code().is_empty() {
        described(&reply.data("login"))
    } else {
        reply.error_code().to_owned()
    }
}

/// Returns the type of an outcome, with the reason of a required captcha.
pub fn described(outcome: &Value) -> String {
    match outcome["captchaReason"].as_str() {
        Some(reason) => format!("{} {reason}", kind(outcome)),
        None => kind(outcome).to_owned(),
    }
}
