//! Token introspection (RFC 7662), for services that cannot verify a JWT or need the current state of the session.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::graphql::read_body;
use super::refusal::refuse;
use super::service_client;
use super::service_endpoints::{ServiceEndpoints, verification_failed};
use crate::config::http::HttpSettings;
use crate::core::client::Client;
use crate::graphql::error_code::ErrorCode;
use crate::outcome::Refusal;
use crate::sessions::service_clients::ClientRefusal;
use crate::sessions::{Claims, Strictness};

const PATH: &str = "/oauth/introspect";

#[derive(Clone)]
struct Endpoint {
    services: ServiceEndpoints,
    settings: Arc<HttpSettings>,
}

pub fn routes(services: ServiceEndpoints, settings: Arc<HttpSettings>) -> Router {
    Router::new().route(PATH, post(handle)).with_state(Endpoint { services, settings })
}

async fn handle(State(endpoint): State<Endpoint>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(client) = parts.extensions.get::<Client>() else {
        return refuse(ErrorCode::InternalServerError);
    };
    // Authenticate first, so that the body of an unauthenticated request is never read.
    if let Err(refusal) = authenticate(&endpoint.services, &parts.headers, client).await {
        return refused(&endpoint.services, &refusal);
    }
    if !is_form(&parts.headers) {
        return error(StatusCode::BAD_REQUEST, "invalid_request");
    }
    let form = match read_body(&endpoint.settings, &parts.headers, body).await {
        Ok(form) => form,
        Err(code) => return refuse(code),
    };
    let Some(token) = token(&form) else { return error(StatusCode::BAD_REQUEST, "invalid_request") };
    // Always check the session, because it may have been revoked (RFC 7662, section 4).
    match endpoint.services.sessions.verify_for_service(&token, Strictness::Session).await {
        Ok(claims) => {
            Json(claims.map_or_else(|| json!({ "active": false }), |claims| active(&claims))).into_response()
        }
        Err(refusal) => verification_failed(&refusal),
    }
}

async fn authenticate(
    services: &ServiceEndpoints,
    headers: &HeaderMap,
    client: &Client,
) -> Result<(), ClientRefusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (Some(header), None) => service_client::authenticate(&services.clients, header, client).await,
        (None, _) | (_, Some(_)) => Err(ClientRefusal::WrongCredentials),
    }
}

fn refused(services: &ServiceEndpoints, refusal: &ClientRefusal) -> Response {
    match refusal {
        ClientRefusal::WrongCredentials => {
            let mut response = error(StatusCode::UNAUTHORIZED, "invalid_client");
            let challenge = HeaderValue::from_static("Basic realm=\"menjin\", charset=\"UTF-8\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            response
        }
        ClientRefusal::Shared(Refusal::RateLimited { retry_at, .. }) => {
            let mut response = refuse(ErrorCode::RateLimited);
            let seconds = (*retry_at - services.clock.now()).num_seconds().max(0) + 1;
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
        ClientRefusal::Shared(Refusal::Unavailable(_)) => refuse(ErrorCode::Unavailable),
        ClientRefusal::Shared(
            refusal @ (Refusal::InvalidInput(_) | Refusal::SessionEnded | Refusal::Internal(_)),
        ) => {
            tracing::error!(cause = %refusal, "internal error");
            refuse(ErrorCode::InternalServerError)
        }
    }
}

/// Returns an OAuth error response (RFC 6749, section 5.2).
fn error(status: StatusCode, code: &'static str) -> Response {
    (status, Json(json!({ "error": code }))).into_response()
}

fn is_form(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = value.split(';').next().unwrap_or_default().trim();
    media.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Returns the `token` parameter, which must occur once. The parameter `token_type_hint` is ignored.
fn token(form: &[u8]) -> Option<String> {
    let mut tokens = form_urlencoded::parse(form).filter(|(name, _)| name == "token");
    let (_, token) = tokens.next()?;
    (tokens.next().is_none() && !token.is_empty()).then(|| token.into_owned())
}

/// Returns the response for an active token. The roles are the current ones of the account, not those in the token.
fn active(claims: &Claims) -> Value {
    json!({
        "active": true, "token_type": "Bearer", "sub": claims.sub, "sid": claims.sid, "roles": claims.roles,
        "iss": claims.iss, "aud": claims.aud, "exp": claims.exp, "nbf": claims.nbf, "iat": claims.iat, "jti": claims.jti,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_must_contain_exactly_one_token() {
        assert_eq!(token(b"token_type_hint=access_token&token=a.b%2Bc").as_deref(), Some("a.b+c"));
        for form in [&b""[..], b"token=", b"token=a&token=a", b"tokens=a", b"TOKEN=a", b"{\"token\":\"a\"}"] {
            assert_eq!(token(form), None, "{}", String::from_utf8_lossy(form));
        }
    }
}
