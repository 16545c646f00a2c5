//! Cloudflare Turnstile: `POST /siteverify`.

use std::collections::HashMap;
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
use crate::config::captcha::sandbox::SECRET;

const LIFE: TimeDelta = TimeDelta::minutes(5);

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/sandbox/captcha/turnstile/siteverify", post(verify))
}

async fn verify(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let form: HashMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    let value = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let refuse = |code: &str| json!({ "success": false, "error-codes": [code], "messages": [] }).to_string();
    let standing = match (value("secret"), value("response")) {
        ("", _) => return Failure::None.respond(refuse("missing-input-secret"), shared.slow).await,
        (SECRET, "") => return Failure::None.respond(refuse("missing-input-response"), shared.slow).await,
        (SECRET, token) => shared.tickets.take("turnstile", token, LIFE, value("idempotency_key")),
        (_, _) => return Failure::None.respond(refuse("invalid-input-secret"), shared.slow).await,
    };
    let failure = standing.failure();
    let body = match (&standing, failure) {
        (_, Failure::Misconfigured) => refuse("invalid-input-secret"),
        (_, Failure::Internal) => refuse("internal-error"),
        (Standing::Unknown, _) | (_, Failure::Rejected) => refuse("invalid-input-response"),
        (Standing::Expired(_) | Standing::Used(_), _) => refuse("timeout-or-duplicate"),
        (Standing::Valid(ticket), _) => json!({
            "success": true,
            "error-codes": [],
            "challenge_ts": ticket.issued.to_rfc3339_opts(SecondsFormat::Millis, true),
            "hostname": "localhost",
            "action": ticket.action,
            "cdata": "",
            "metadata": { "interactive": false },
        })
        .to_string(),
    };
    failure.respond(body, shared.slow).await
}
