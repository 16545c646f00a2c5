//! Hasura's webhook mode: it asks about each request, by GET with the client's headers, or by POST with them in JSON.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::header::{AUTHORIZATION, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use http::{HeaderMap, Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::graphql::read;
use super::negotiate;
use super::proofs::{Proofs, bearer};
use super::refusal::refuse;
use crate::config::http::HttpSettings;
use crate::graphql::fault::CallerFault;
use crate::sessions::{Claims, HasuraClaims};

const PATH: &str = "/auth/hasura";
const ROLE: HeaderName = HeaderName::from_static("x-hasura-role");

#[derive(Clone)]
struct Endpoint {
    proofs: Proofs,
    settings: Arc<HttpSettings>,
}

/// The body of a POST. The document that stands beside the headers is not looked at.
#[derive(Deserialize)]
struct Posted {
    headers: Map<String, Value>,
}

pub fn routes(proofs: Proofs, settings: Arc<HttpSettings>) -> Router {
    Router::new().route(PATH, get(answer).post(answer)).with_state(Endpoint { proofs, settings })
}

async fn answer(State(endpoint): State<Endpoint>, request: Request) -> Response {
    let headers = match client_headers(&endpoint.settings, request).await {
        Ok(headers) => headers,
        Err(fault) => return refuse(fault),
    };
    let claims = match bearer(&endpoint.proofs.verify, &headers).await {
        Ok(claims) => claims,
        Err(refusal) => return refusal,
    };
    variables(&endpoint.proofs, &claims, &headers)
        .map_or_else(not_in_that_role, |variables| Json(variables).into_response())
}

/// The session variables: Hasura takes nothing but strings. `None` when the person may not act in the role that the
/// client asks for.
fn variables(proofs: &Proofs, claims: &Claims, headers: &HeaderMap) -> Option<Value> {
    let hasura = HasuraClaims::new(claims.sub, &claims.roles, &proofs.hasura_role);
    let asked = match headers.get(ROLE) {
        Some(role) => Some(role.to_str().ok()?),
        None => None,
    };
    let role = hasura.role(asked)?;
    let left = (claims.exp - proofs.clock.now().timestamp()).max(0);
    Some(json!({
        "X-Hasura-User-Id": hasura.user_id,
        "X-Hasura-Role": role,
        "X-Hasura-Allowed-Roles": Value::from(hasura.allowed_roles.clone()).to_string(),
        // Of the answer, not of HTTP: after this time Hasura closes a subscription's connection and asks anew.
        "Cache-Control": format!("max-age={left}"),
    }))
}

/// Hasura takes 401 alone for a no, and everything else but 200 for a fault of ours. The code tells it from a token that
/// is not good, which another token would mend.
fn not_in_that_role() -> Response {
    let mut response = refuse(CallerFault::Forbidden);
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    let challenge = HeaderValue::from_static("Bearer error=\"insufficient_scope\"");
    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    response
}

/// The headers that the client sent to Hasura.
async fn client_headers(settings: &HttpSettings, request: Request) -> Result<HeaderMap, CallerFault> {
    let (parts, body) = request.into_parts();
    if parts.method != Method::POST {
        return Ok(parts.headers);
    }
    if !negotiate::is_json(&parts.headers) {
        return Err(CallerFault::UnsupportedMediaType);
    }
    let bytes = read(settings, &parts.headers, body).await?;
    let posted: Posted = serde_json::from_slice(&bytes).map_err(|_| CallerFault::BadRequest)?;
    let mut headers = HeaderMap::new();
    for (name, value) in &posted.headers {
        let Some(name) =
            [AUTHORIZATION, ROLE].into_iter().find(|known| name.eq_ignore_ascii_case(known.as_str()))
        else {
            continue;
        };
        let value = value.as_str().and_then(|value| HeaderValue::from_str(value).ok());
        // Spelled in two ways it may mean two things.
        if headers.insert(name, value.ok_or(CallerFault::BadRequest)?).is_some() {
            return Err(CallerFault::BadRequest);
        }
    }
    Ok(headers)
}
