//! hCaptcha: `POST /siteverify`.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use chrono::{SecondsFormat, TimeDelta};
use serde_json::json;
use url::form_urlencoded;

use super::failure::Failure;
use super::shared::Shared;
use super::tickets::Standing;
use crate::config::captcha::sandbox::{SECRET, SITE_KEY};

const LIFE: TimeDelta = TimeDelta::seconds(120);

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/sandbox/captcha/hcaptcha/siteverify", post(verify))
}

async fn verify(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let form: HashMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    let value = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let refuse = |code: &str| json!({ "success": false, "error-codes": [code] }).to_string();
    let wrong = if value("secret").is_empty() {
        Some("missing-input-secret")
    } else if value("secret") != SECRET {
        Some("invalid-input-secret")
    } else if value("response").is_empty() {
        Some("missing-input-response")
    } else if value("sitekey") != SITE_KEY {
        Some("sitekey-secret-mismatch")
    } else if !value("remoteip").is_empty() && value("remoteip").parse::<IpAddr>().is_err() {
        Some("invalid-remoteip")
    } else {
        None
    };
    if let Some(code) = wrong {
        return Failure::None.respond(refuse(code), shared.slow).await;
    }
    let standing = shared.tickets.take("hcaptcha", value("response"), LIFE, "");
    let failure = standing.failure();
    let body = match (&standing, failure) {
        (_, Failure::Misconfigured) => refuse("invalid-input-secret"),
        // hCaptcha documents no code for its own errors.
        (_, Failure::Internal) => refuse("internal-error"),
        (Standing::Unknown, _) | (_, Failure::Rejected) => refuse("invalid-input-response"),
        (Standing::Expired(_), _) => refuse("expired-input-response"),
        (Standing::Used(_), _) => refuse("already-seen-response"),
        (Standing::Valid(ticket), _) if ticket.site_key != SITE_KEY => refuse("sitekey-secret-mismatch"),
        (Standing::Valid(ticket), _) => json!({
            "success": true,
            "challenge_ts": ticket.issued.to_rfc3339_opts(SecondsFormat::Secs, true),
            "hostname": "localhost",
            "credit": false,
        })
        .to_string(),
    };
    failure.respond(body, shared.slow).await
}
