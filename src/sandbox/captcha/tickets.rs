//! The tickets that the widgets return.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::json;

use super::Shared;
use super::failure::Failure;
use crate::config::captcha::sandbox::SITE_KEY;
use crate::core::client::Client;
use crate::core::clock::{Clock, Instant};
use crate::core::random::Random;
use crate::core::secret::hex;

/// The number of tickets that are remembered.
const CAPACITY: usize = 1_000;

/// A ticket that a widget returned.
#[derive(Clone)]
pub(super) struct Ticket {
    pub(super) service: String,
    pub(super) token: String,
    pub(super) randstr: String,
    pub(super) site_key: String,
    pub(super) action: String,
    pub(super) address: IpAddr,
    pub(super) failure: Failure,
    pub(super) issued: Instant,
    /// Who checked it first: the `idempotency_key` of Turnstile, else empty.
    pub(super) used_by: Option<String>,
}

/// How a ticket stands at its check.
pub(super) enum Standing {
    Unknown,
    Expired(Ticket),
    Used(Ticket),
    Valid(Ticket),
}

/// The remembered tickets, the oldest first.
pub(super) struct Tickets {
    clock: Clock,
    random: Random,
    rows: Mutex<VecDeque<Ticket>>,
}

#[derive(Deserialize)]
struct Parameters {
    site_key: Option<String>,
    action: Option<String>,
    failure: Option<String>,
}

impl Tickets {
    pub(super) fn new(clock: Clock, random: Random) -> Self {
        Self { clock, random, rows: Mutex::default() }
    }

    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Uses a ticket up. With the same `by` it can be used again.
    pub(super) fn take(&self, service: &str, token: &str, life: TimeDelta, by: &str) -> Standing {
        let now = self.clock.now();
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let found = rows.iter_mut().find(|ticket| ticket.service == service && ticket.token == token);
        let Some(ticket) = found else { return Standing::Unknown };
        if ticket.used_by.as_ref().is_some_and(|other| by.is_empty() || other != by) {
            return Standing::Used(ticket.clone());
        }
        if ticket.issued + life <= now {
            return Standing::Expired(ticket.clone());
        }
        ticket.used_by = Some(by.to_owned());
        Standing::Valid(ticket.clone())
    }

    fn issue(&self, ticket: Ticket) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if rows.len() >= CAPACITY {
            rows.pop_front();
        }
        rows.push_back(ticket);
    }
}

impl Standing {
    /// Returns what goes wrong with the ticket.
    pub(super) fn failure(&self) -> Failure {
        match self {
            Self::Unknown => Failure::None,
            Self::Expired(ticket) | Self::Used(ticket) | Self::Valid(ticket) => ticket.failure,
        }
    }
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
