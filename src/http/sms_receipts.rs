//! `POST /webhooks/sms/<carrier>[/<secret>]`: delivery receipts of SMS carriers.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use http::header::CONTENT_TYPE;

use super::graphql::read_body;
use super::refusal::refuse;
use crate::config::http::HttpSettings;
use crate::delivery::receipts::{ReceiptRefusal, Receipts};
use crate::delivery::sms::{ReceiptError, ReceiptRequest};
use crate::graphql::error_code::ErrorCode;

#[derive(Clone)]
struct Endpoint {
    receipts: Receipts,
    settings: Arc<HttpSettings>,
}

pub fn routes(receipts: Receipts, settings: Arc<HttpSettings>) -> Router {
    Router::new()
        .route("/webhooks/sms/{carrier}", post(signed))
        .route("/webhooks/sms/{carrier}/{secret}", post(with_secret))
        .with_state(Endpoint { receipts, settings })
}

async fn signed(State(endpoint): State<Endpoint>, Path(carrier): Path<String>, request: Request) -> Response {
    handle(endpoint, carrier, request).await
}

async fn with_secret(
    State(endpoint): State<Endpoint>,
    Path((carrier, _)): Path<(String, String)>,
    request: Request,
) -> Response {
    handle(endpoint, carrier, request).await
}

async fn handle(endpoint: Endpoint, carrier: String, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = match read_body(&endpoint.settings, &parts.headers, body).await {
        Ok(body) => body,
        Err(code) => return refuse(code),
    };
    let path_and_query = parts.uri.path_and_query().map_or("", |path| path.as_str());
    let received = ReceiptRequest { headers: &parts.headers, path_and_query, body: &body };
    match endpoint.receipts.receive(&carrier, &received).await {
        Ok(acknowledgement) => {
            ([(CONTENT_TYPE, acknowledgement.content_type)], acknowledgement.body).into_response()
        }
        Err(ReceiptRefusal::UnknownCarrier | ReceiptRefusal::Invalid(ReceiptError::Unsupported)) => {
            refuse(ErrorCode::NotFound)
        }
        Err(ReceiptRefusal::Invalid(error @ ReceiptError::Forged)) => {
            tracing::warn!(carrier, %error, "delivery receipt refused");
            refuse(ErrorCode::Unauthenticated)
        }
        Err(ReceiptRefusal::Invalid(error @ ReceiptError::Malformed)) => {
            tracing::warn!(carrier, %error, "delivery receipt refused");
            refuse(ErrorCode::BadRequest)
        }
        Err(ReceiptRefusal::Shared(_)) => refuse(ErrorCode::Unavailable),
    }
}
