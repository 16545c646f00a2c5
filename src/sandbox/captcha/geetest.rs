//! GeeTest 4: `POST /validate`.

use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::hmac;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::post;
use chrono::TimeDelta;
use serde_json::json;
use url::form_urlencoded;

use super::failure::Failure;
use super::shared::Shared;
use super::tickets::Standing;
use crate::config::captcha::sandbox::{SECRET, SITE_KEY};
use crate::core::secret::hex;

const LIFE: TimeDelta = TimeDelta::minutes(10);

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/sandbox/captcha/geetest/validate", post(verify))
}

async fn verify(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<HashMap<String, String>>,
    body: Bytes,
) -> Response {
    let form: HashMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    let value = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let error = |code: &str, msg: &str| {
        json!({ "status": "error", "code": code, "msg": msg, "desc": { "type": "defined error" } })
            .to_string()
    };
    let lot_number = value("lot_number");
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let wrong = if query.get("captcha_id").is_none_or(|id| id != SITE_KEY) {
        Some(("-50101", "illegal captcha_id"))
    } else if value("gen_time").parse::<i64>().is_err() {
        Some(("-50005", "illegal gen_time"))
    } else if value("sign_token") != hex(hmac::sign(&key, lot_number.as_bytes()).as_ref()) {
        Some(("-50102", "sign_token error"))
    } else {
        None
    };
    if let Some((code, msg)) = wrong {
        return Failure::None.respond(error(code, msg), shared.slow).await;
    }
    let standing = shared.tickets.take("geetest", lot_number, LIFE, "");
    let failure = standing.failure();
    let result = |result: &str, reason: &str| {
        json!({
            "status": "success", "result": result, "reason": reason,
            "captcha_args": {
                "used_type": "slide", "user_ip": "203.0.113.7", "lot_number": lot_number, "scene": "", "referer": "",
            },
        })
        .to_string()
    };
    let body = match (&standing, failure) {
        (_, Failure::Misconfigured) => error("-50102", "sign_token error"),
        (_, Failure::Internal) => json!({ "status": "busy" }).to_string(),
        (Standing::Unknown, _) => error("-50304", "lot_number not match"),
        (_, Failure::Rejected) => result("fail", "forbidden"),
        (Standing::Expired(_) | Standing::Used(_), _) => result("fail", "pass_token expire"),
        (Standing::Valid(ticket), _) if value("pass_token") != format!("pass-{}", ticket.token) => {
            result("fail", "pass_token error")
        }
        (Standing::Valid(_), _) => result("success", ""),
    };
    failure.respond(body, shared.slow).await
}
