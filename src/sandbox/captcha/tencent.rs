//! Tencent Cloud: `POST /` with the action `DescribeCaptchaResult`. Signatures are checked.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::failure::Failure;
use super::shared::Shared;
use super::tickets::Standing;
use crate::config::captcha::sandbox::{SECRET, SECRET_ID, SECRET_KEY, SITE_KEY};
use crate::core::clock::Instant;
use crate::core::signing::tc3::{Tc3Key, Tc3Request};

const LIFE: TimeDelta = TimeDelta::minutes(5);
/// The documented tolerance of the timestamp, in seconds.
const SKEW: i64 = 300;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/sandbox/captcha/tencent/", post(verify))
}

async fn verify(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(code) = authenticate(&headers, &body, shared.tickets.now()) {
        return Failure::None.respond(error(code), shared.slow).await;
    }
    let Ok(request) = serde_json::from_slice::<Value>(&body) else {
        return Failure::None.respond(error("InvalidParameter"), shared.slow).await;
    };
    if let Err(code) = check_types(&request) {
        return Failure::None.respond(error(code), shared.slow).await;
    }
    let text = |name: &str| request[name].as_str().unwrap_or_default();
    let ticket = text("Ticket");
    if ticket.starts_with("trerror_") || ticket.starts_with("terror_") {
        return Failure::None.respond(result(21, "diff"), shared.slow).await;
    }
    if text("AppSecretKey") != SECRET {
        let body = result(100, "appid-secretkey-ticket mismatch");
        return Failure::None.respond(body, shared.slow).await;
    }
    let standing = shared.tickets.take("tencent", ticket, LIFE, "");
    let failure = standing.failure();
    let app_id = request["CaptchaAppId"].to_string();
    let body = match (&standing, failure) {
        (_, Failure::Misconfigured) => error("UnauthorizedOperation.ErrAuth"),
        (_, Failure::Internal) => error("InternalError"),
        (Standing::Unknown, _) => result(15, "decrypt fail"),
        (_, Failure::Rejected) => result(21, "diff"),
        (Standing::Expired(_), _) => result(8, "verify timeout"),
        (Standing::Used(_), _) => result(9, "Sequnce repeat"),
        (Standing::Valid(ticket), _) if ticket.site_key != SITE_KEY || app_id != SITE_KEY => {
            result(16, "appid-ticket mismatch")
        }
        (Standing::Valid(ticket), _) if ticket.randstr != text("Randstr") => result(7, "captcha no match"),
        (Standing::Valid(_), _) => result(1, "OK"),
    };
    failure.respond(body, shared.slow).await
}

/// Checks headers and signature. Returns the error code of the API.
fn authenticate(headers: &HeaderMap, body: &[u8], now: Instant) -> Result<(), &'static str> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if header("x-tc-action") != "DescribeCaptchaResult" {
        return Err("InvalidAction");
    }
    if header("x-tc-version") != "2019-07-22" {
        return Err("NoSuchVersion");
    }
    let at = header("x-tc-timestamp").parse().ok().and_then(|seconds| Instant::from_timestamp(seconds, 0));
    let at = at.ok_or("MissingParameter")?;
    if (now - at).num_seconds().abs() > SKEW {
        return Err("AuthFailure.SignatureExpire");
    }
    let authorization = header("authorization");
    if !authorization.contains(&format!("Credential={SECRET_ID}/")) {
        return Err("AuthFailure.SecretIdNotFound");
    }
    let signed = authorization.split_once("SignedHeaders=").and_then(|(_, rest)| rest.split_once(','));
    let names: Vec<&str> = signed.map(|(names, _)| names.split(';').collect()).unwrap_or_default();
    if !names.contains(&"content-type") || !names.contains(&"host") {
        return Err("AuthFailure.SignatureFailure");
    }
    let pairs: Vec<(&str, &str)> = names.iter().map(|name| (*name, header(name))).collect();
    let key = Tc3Key { secret_id: SECRET_ID.to_owned(), secret_key: SECRET_KEY.into() };
    let expected = key.authorization(&Tc3Request { service: "captcha", headers: &pairs, body, at });
    if authorization == expected { Ok(()) } else { Err("AuthFailure.SignatureFailure") }
}

fn check_types(request: &Value) -> Result<(), &'static str> {
    for name in ["Ticket", "UserIp", "Randstr", "AppSecretKey"] {
        if request[name].is_null() {
            return Err("MissingParameter");
        }
        if !request[name].is_string() {
            return Err("InvalidParameter");
        }
    }
    if request["CaptchaType"] != 9 || !request["CaptchaAppId"].is_u64() {
        return Err("InvalidParameter");
    }
    Ok(())
}

fn error(code: &str) -> String {
    json!({ "Response": { "Error": { "Code": code, "Message": "sandbox" }, "RequestId": REQUEST_ID } })
        .to_string()
}

fn result(code: i64, message: &str) -> String {
    json!({
        "Response": {
            "CaptchaCode": code, "CaptchaMsg": message, "EvilLevel": 0, "GetCaptchaTime": 0, "EvilBitmap": 0,
            "SubmitCaptchaTime": 1_700_000_000, "DeviceRiskCategory": null, "Score": 0, "RequestId": REQUEST_ID,
        },
    })
    .to_string()
}

const REQUEST_ID: &str = "00000000-0000-0000-0000-000000000000";
