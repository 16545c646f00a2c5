//! The endpoint for Hasura's webhook mode. Hasura calls it for each request, by GET with the client's headers or by POST
//! with the headers in a JSON body.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::header::{AUTHORIZATION, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use http::{HeaderMap, Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::graphql::read_body;
use super::negotiate;
use super::refusal::refuse;
use super::service_endpoints::{ServiceEndpoints, authenticate_bearer};
use crate::config::http::HttpSettings;
use crate::graphql::error_code::ErrorCode;
use crate::sessions::{Claims, HasuraClaims};

const PATH: &str = "/auth/hasura";
const ROLE: HeaderName = HeaderName::from_static("x-hasura-role");

#[derive(Clone)]
struct Endpoint {
    services: ServiceEndpoints,
    settings: Arc<HttpSettings>,
}

/// The body of a POST. The GraphQL document in it is ignored.
#[derive(Deserialize)]
struct Body {
    headers: Map<String, Value>,
}

pub fn routes(services: ServiceEndpoints, settings: Arc<HttpSettings>) -> Router {
    Router::new().route(PATH, get(handle).post(handle)).with_state(Endpoint { services, settings })
}

async fn handle(State(endpoint): State<Endpoint>, request: Request) -> Response {
    let headers = match client_headers(&endpoint.settings, request).await {
        Ok(headers) => headers,
        Err(code) => return refuse(code),
    };
    let claims = match authenticate_bearer(&endpoint.services, &headers).await {
        Ok(claims) => claims,
        Err(refusal) => return refusal,
    };
    session_variables(&endpoint.services, &claims, &headers)
        .map_or_else(role_refused, |variables| Json(variables).into_response())
}

/// Returns the session variables, all of which are strings as Hasura requires. `None` when the user does not have the
/// role that the client requested.
fn session_variables(services: &ServiceEndpoints, claims: &Claims, headers: &HeaderMap) -> Option<Value> {
    let hasura = HasuraClaims::new(claims.sub, &claims.roles, &services.hasura_role);
    let requested = match headers.get(ROLE) {
        Some(role) => Some(role.to_str().ok()?),
        None => None,
    };
    let role = hasura.role(requested)?;
    let seconds_left = (claims.exp - services.clock.now().timestamp()).max(0);
    Some(json!({
        "X-Hasura-User-Id": hasura.user_id,
        "X-Hasura-Role": role,
        "X-Hasura-Allowed-Roles": Value::from(hasura.allowed_roles.clone()).to_string(),
        // A member of the body: after this time Hasura closes a subscription's connection and calls the webhook again.
        "Cache-Control": format!("max-age={seconds_left}"),
    }))
}

/// Hasura treats 401 as a refusal and every other status except 200 as a server error. The error code distinguishes this
/// refusal from an invalid token.
fn role_refused() -> Response {
    let mut response = refuse(ErrorCode::Forbidden);
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    let challenge = HeaderValue::from_static("Bearer error=\"insufficient_scope\"");
    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    response
}

/// Returns the headers that the client sent to Hasura.
async fn client_headers(settings: &HttpSettings, request: Request) -> Result<HeaderMap, ErrorCode> {
    let (parts, stream) = request.into_parts();
    if parts.method != Method::POST {
        return Ok(parts.headers);
    }
    if !negotiate::is_json(&parts.headers) {
        return Err(ErrorCode::UnsupportedMediaType);
    }
    let bytes = read_body(settings, &parts.headers, stream).await?;
    let body: Body = serde_json::from_slice(&bytes).map_err(|_| ErrorCode::BadRequest)?;
    let mut headers = HeaderMap::new();
    for (name, value) in &body.headers {
        let Some(name) =
            [AUTHORIZATION, ROLE].into_iter().find(|known| name.eq_ignore_ascii_case(known.as_str()))
        else {
            continue;
        };
        let value = value.as_str().and_then(|value| HeaderValue::from_str(value).ok());
        // Two spellings of one name could have two values.
        if headers.insert(name, value.ok_or(ErrorCode::BadRequest)?).is_some() {
            return Err(ErrorCode::BadRequest);
        }
    }
    Ok(headers)
}
