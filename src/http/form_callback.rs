//! `POST /auth/callback/{provider}`: receives the callback of a provider that uses `response_mode=form_post`.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue, LOCATION, REFERRER_POLICY};
use url::form_urlencoded;

use super::graphql::read_body;
use super::refusal::refuse;
use crate::config::http::HttpSettings;
use crate::graphql::error_code::ErrorCode;
use crate::social::form_callback::FormCallback;

/// Requests from other origins are allowed below this path, because the provider's page posts the form. A form alone
/// changes no account.
pub const PREFIX: &str = "/auth/callback/";

#[derive(Clone)]
struct Endpoint {
    forms: FormCallback,
    settings: Arc<HttpSettings>,
}

pub fn routes(forms: FormCallback, settings: Arc<HttpSettings>) -> Router {
    let path = format!("{PREFIX}{{provider}}");
    Router::new().route(&path, post(handle)).with_state(Endpoint { forms, settings })
}

async fn handle(
    State(endpoint): State<Endpoint>,
    Path(provider): Path<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = match read_body(&endpoint.settings, &parts.headers, body).await {
        Ok(bytes) => bytes,
        Err(code) => return refuse(code),
    };
    let form: Vec<_> = form_urlencoded::parse(&bytes).into_owned().collect();
    let page = match endpoint.forms.page(&provider, &form).await {
        Ok(Some(page)) => page,
        Ok(None) => return refuse(ErrorCode::NotFound),
        Err(error) => {
            tracing::warn!(%error, "unavailable");
            return refuse(ErrorCode::Unavailable);
        }
    };
    let Ok(location) = HeaderValue::from_str(page.as_str()) else { return refuse(ErrorCode::BadRequest) };
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    headers.insert(LOCATION, location);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
