//! What the endpoints for proxies and services have in common.

use axum::response::Response;
use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};

use super::refusal::refuse;
use crate::core::clock::Clock;
use crate::graphql::api;
use crate::graphql::error_code::ErrorCode;
use crate::outcome::Refusal;
use crate::sessions::service_clients::ServiceClients;
use crate::sessions::{Claims, Sessions, Strictness, UpstreamTokens};

/// The dependencies of these endpoints. Cheap to clone.
#[derive(Clone)]
pub struct ServiceEndpoints {
    pub sessions: Sessions,
    /// How thoroughly `/auth/verify` and `/auth/hasura` verify a token.
    pub strictness: Strictness,
    pub upstream: UpstreamTokens,
    pub clients: ServiceClients,
    pub clock: Clock,
    /// The Hasura role that every user has.
    pub hasura_role: String,
    /// Whether the clients may query entities of a federation.
    pub federation: bool,
}

/// Returns the claims of the bearer token in `Authorization`, or the error response.
///
/// Cookies are ignored. Browsers would send them with requests of any page, and every service behind the proxy would
/// need its own protection against cross-site request forgery.
pub(super) async fn authenticate_bearer(
    endpoints: &ServiceEndpoints,
    headers: &HeaderMap,
) -> Result<Claims, Response> {
    // If there were two headers, the proxy and the service could read different ones.
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (first, second) = (values.next(), values.next());
    let Some(value) = first.filter(|_| second.is_none()) else {
        return Err(unauthenticated(first.is_some()));
    };
    let Some(token) = value.to_str().ok().and_then(api::bearer) else { return Err(unauthenticated(true)) };
    match endpoints.sessions.verify_for_service(token, endpoints.strictness).await {
        Ok(Some(claims)) => Ok(claims),
        Ok(None) => Err(unauthenticated(true)),
        Err(refusal) => Err(verification_failed(&refusal)),
    }
}

/// Returns 401 as RFC 6750 specifies. `invalid` is whether the request contained credentials.
fn unauthenticated(invalid: bool) -> Response {
    let mut response = refuse(ErrorCode::Unauthenticated);
    let challenge = if invalid { "Bearer error=\"invalid_token\"" } else { "Bearer" };
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    response
}

/// Returns the error response when a token could not be verified: access is denied.
pub(super) fn verification_failed(refusal: &Refusal) -> Response {
    match refusal {
        Refusal::Unavailable(cause) => {
            tracing::warn!(cause, "unavailable");
            refuse(ErrorCode::Unavailable)
        }
        Refusal::InvalidInput(_)
        | Refusal::RateLimited { .. }
        | Refusal::SessionEnded
        | Refusal::Internal(_) => {
            tracing::error!(cause = %refusal, "internal error");
            refuse(ErrorCode::InternalServerError)
        }
    }
}
