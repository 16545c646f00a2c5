//! The inbox page, its data, and the preview of e-mails.

use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY};
use axum::http::header::{X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use crate::core::clock::Instant;
use crate::core::ids::MessageId;
use crate::db::Db;
use crate::db::models::InboxMessage;
use crate::outcome::Refusal;

const HTML: &str = include_str!("../pages/inbox.html");
const STYLE: &str = include_str!("../pages/inbox.css");
const SCRIPT: &str = include_str!("../pages/inbox.js");

/// The maximum number of messages per response.
const LIMIT: i64 = 100;

/// Only the page's own files may be loaded. E-mails are framed from `/dev/inbox/mail/`.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                           img-src data:; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// An e-mail may contain styles. It cannot run scripts, load resources or access an origin.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; \
                           form-action 'none'; frame-ancestors 'self'; sandbox";

pub(super) fn router(db: Db) -> Router {
    Router::new()
        .route("/dev/inbox", get(async || asset("text/html; charset=utf-8", HTML)))
        .route("/dev/inbox.css", get(async || asset("text/css; charset=utf-8", STYLE)))
        .route("/dev/inbox.js", get(async || asset("text/javascript; charset=utf-8", SCRIPT)))
        .route("/dev/inbox.json", get(list))
        .route("/dev/inbox/mail/{id}", get(mail))
        .with_state(db)
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    guarded(kind, PAGE_POLICY, "DENY", text.into_response())
}

/// Adds the headers that keep a response private and isolated.
fn guarded(
    kind: &'static str,
    policy: &'static str,
    frames: &'static str,
    mut response: Response,
) -> Response {
    let headers: [(HeaderName, &'static str); 6] = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, policy),
        (X_FRAME_OPTIONS, frames),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[derive(Deserialize)]
struct Since {
    after: Option<String>,
}

#[derive(Serialize)]
struct Messages {
    messages: Vec<Entry>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    id: String,
    channel: String,
    destination: String,
    subject: Option<String>,
    body: String,
    html: Option<String>,
    code: Option<String>,
    received_at: Instant,
}

impl From<InboxMessage> for Entry {
    fn from(row: InboxMessage) -> Self {
        Self {
            id: row.id.0.to_string(),
            channel: row.channel.to_string(),
            destination: row.destination,
            subject: row.subject,
            body: row.body,
            html: row.html,
            code: row.code,
            received_at: row.received_at.0,
        }
    }
}

async fn list(State(db): State<Db>, Query(since): Query<Since>) -> Response {
    let after = match since.after.as_deref().filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => match MessageId::parse(text) {
            Some(id) => Some(id.into()),
            None => return json(StatusCode::BAD_REQUEST, &Messages { messages: Vec::new() }),
        },
    };
    match db.newest_in_inbox(after, LIMIT).await {
        Ok(rows) => {
            let messages = rows.into_iter().map(Entry::from).collect();
            json(StatusCode::OK, &Messages { messages })
        }
        Err(error) => unavailable(&error),
    }
}

fn json(status: StatusCode, messages: &Messages) -> Response {
    let response = (status, Json(messages)).into_response();
    guarded("application/json", PAGE_POLICY, "DENY", response)
}

async fn mail(State(db): State<Db>, Path(id): Path<String>) -> Response {
    let Some(id) = MessageId::parse(&id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match db.find_in_inbox(id.into()).await {
        Ok(Some(InboxMessage { html: Some(html), .. })) => {
            guarded("text/html; charset=utf-8", MAIL_POLICY, "SAMEORIGIN", html.into_response())
        }
        Ok(_) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => unavailable(&error),
    }
}

fn unavailable(error: &Refusal) -> Response {
    tracing::warn!(%error, "failed to read the inbox");
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

#[cfg(test)]
mod tests;
