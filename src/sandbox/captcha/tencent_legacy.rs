//! The old ticket endpoint of Tencent: `/ticket/verify`. All values are strings.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use chrono::TimeDelta;
use serde_json::json;
use url::form_urlencoded;

use super::failure::Failure;
use super::shared::Shared;
use super::tickets::Standing;
use crate::config::captcha::sandbox::{SECRET, SITE_KEY};

const LIFE: TimeDelta = TimeDelta::minutes(5);

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/sandbox/captcha/tencent_legacy/ticket/verify", get(verify_query).post(verify_form))
}

async fn verify_query(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    verify(&shared, &query).await
}

async fn verify_form(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    verify(&shared, &form_urlencoded::parse(&body).into_owned().collect()).await
}

async fn verify(shared: &Shared, form: &HashMap<String, String>) -> Response {
    let value = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let text = |response: &str, message: &str| {
        json!({ "response": response, "evil_level": "0", "err_msg": message }).to_string()
    };
    if value("aid") != SITE_KEY || value("AppSecretKey") != SECRET {
        return Failure::None.respond(text("0", "appid no match"), shared.slow).await;
    }
    let standing = shared.tickets.take("tencent_legacy", value("Ticket"), LIFE, "");
    let failure = standing.failure();
    let body = match (&standing, failure) {
        (_, Failure::Misconfigured) => text("0", "appid no match"),
        (_, Failure::Internal) => text("0", "system busy"),
        (Standing::Unknown, _) => text("0", "decrypt fail"),
        (_, Failure::Rejected) => text("0", "bad visitor"),
        (Standing::Expired(_), _) => text("0", "verify timeout"),
        (Standing::Used(_), _) => text("0", "Sequnce repeat"),
        (Standing::Valid(ticket), _) if ticket.randstr != value("Randstr") => text("0", "captcha no match"),
        (Standing::Valid(ticket), _) if ticket.address.to_string() != value("UserIP") => {
            text("0", "verify ip no match")
        }
        (Standing::Valid(_), _) => text("1", "OK"),
    };
    failure.respond(body, shared.slow).await
}
