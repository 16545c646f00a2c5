//! What proxies and services ask about callers. Beside GraphQL, since none of them speaks it.

use axum::response::Response;
use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};

use super::refusal::refuse;
use crate::accounts::service_clients::ServiceClients;
use crate::accounts::verify::Verify;
use crate::core::clock::Clock;
use crate::db::DbError;
use crate::graphql::api;
use crate::graphql::fault::CallerFault;
use crate::sessions::{Claims, UpstreamTokens};

/// Who answers. Cheap to clone.
#[derive(Clone)]
pub struct Proofs {
    pub verify: Verify,
    pub upstream: UpstreamTokens,
    pub clients: ServiceClients,
    pub clock: Clock,
    /// Hasura's role for everybody.
    pub hasura_role: String,
    /// Whether the clients may ask for entities of a federation.
    pub federation: bool,
}

/// The claims of the bearer token in `Authorization`, or the answer that refuses.
///
/// Only this header counts. A cookie would be sent along by any page that a browser shows, and with it every service
/// behind the proxy would have to guard itself against forged requests.
pub(super) async fn bearer(verify: &Verify, headers: &HeaderMap) -> Result<Claims, Response> {
    // Of two headers, a proxy and a service may read different ones.
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (first, second) = (values.next(), values.next());
    let Some(value) = first.filter(|_| second.is_none()) else {
        return Err(unauthenticated(first.is_some()));
    };
    let Some(token) = value.to_str().ok().and_then(api::bearer) else { return Err(unauthenticated(true)) };
    match verify.run(token).await {
        Ok(Some(claims)) => Ok(claims),
        Ok(None) => Err(unauthenticated(true)),
        Err(error) => Err(away(&error)),
    }
}

/// 401 in the words of RFC 6750: `tried` tells whether there were credentials at all.
pub(super) fn unauthenticated(tried: bool) -> Response {
    let mut response = refuse(CallerFault::Unauthenticated);
    let challenge = if tried { "Bearer error=\"invalid_token\"" } else { "Bearer" };
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    response
}

/// A database that cannot say yes has not said yes.
pub(super) fn away(error: &DbError) -> Response {
    match error {
        DbError::Unavailable(cause) => {
            tracing::warn!(cause, "unavailable");
            refuse(CallerFault::Unavailable)
        }
        DbError::Taken(_) | DbError::Fault(_) => {
            tracing::error!(cause = %error, "internal error");
            refuse(CallerFault::InternalServerError)
        }
    }
}
