//! `GET /captcha/challenge`: a new challenge for the widget of ALTCHA.

use axum::extract::{Extension, Query, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use serde::Deserialize;

use super::refusal::refuse;
use crate::captcha::Captcha;
use crate::core::client::Client;
use crate::graphql::error_code::ErrorCode;

const PATH: &str = "/captcha/challenge";

#[derive(Deserialize)]
struct Parameters {
    /// The name of the mutation that the solution is for.
    action: Option<String>,
}

/// Routes [`PATH`].
pub fn routes(captcha: Captcha) -> Router {
    Router::new().route(PATH, get(challenge)).with_state(captcha)
}

async fn challenge(
    State(captcha): State<Captcha>,
    Extension(client): Extension<Client>,
    Query(parameters): Query<Parameters>,
) -> Response {
    let Some(action) = parameters.action.and_then(|name| name.parse().ok()) else {
        return refuse(ErrorCode::BadRequest);
    };
    let Some(challenge) = captcha.challenge(action, &client) else {
        return refuse(ErrorCode::NotFound);
    };
    let mut response = Json(challenge).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
