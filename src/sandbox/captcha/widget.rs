//! What stands for the widget of a service: it returns a ticket.

use std::sync::Arc;

use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::failure::Failure;
use super::shared::Shared;
use super::tickets::Ticket;
use crate::config::captcha::sandbox::SITE_KEY;
use crate::core::client::Client;
use crate::core::secret::hex;

#[derive(Deserialize)]
struct Parameters {
    site_key: Option<String>,
    action: Option<String>,
    failure: Option<String>,
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/sandbox/captcha/{service}/ticket", get(ticket))
}

async fn ticket(
    State(shared): State<Arc<Shared>>,
    Path(service): Path<String>,
    Extension(client): Extension<Client>,
    Query(parameters): Query<Parameters>,
) -> Response {
    let tickets = &shared.tickets;
    let Some(failure) = Failure::parse(parameters.failure.as_deref().unwrap_or("none")) else {
        return (StatusCode::BAD_REQUEST, "no such failure").into_response();
    };
    let id = hex(&tickets.random.bytes::<16>());
    let now = tickets.now();
    let token = match service.as_str() {
        "turnstile" => format!("0.{id}.sandbox"),
        "hcaptcha" => format!("P1_{id}"),
        "geetest" => id.clone(),
        "tencent" | "tencent_legacy" => format!("t03{id}"),
        _ => return (StatusCode::NOT_FOUND, "no such service").into_response(),
    };
    let randstr = format!("@{}", &id[..3]);
    let shown = if service == "geetest" {
        json!({
            "lot_number": token, "captcha_output": "output", "pass_token": format!("pass-{id}"),
            "gen_time": now.timestamp().to_string(),
        })
        .to_string()
    } else {
        token.clone()
    };
    tickets.issue(Ticket {
        service,
        token,
        randstr: randstr.clone(),
        site_key: parameters.site_key.unwrap_or_else(|| SITE_KEY.to_owned()),
        action: parameters.action.unwrap_or_default(),
        address: client.address.to_canonical(),
        failure,
        issued: now,
        used_by: None,
    });
    Json(json!({ "ticket": shown, "randstr": randstr })).into_response()
}
