//! Forward authentication: a proxy has each request authenticated here before it forwards the request (nginx
//! `auth_request`, Caddy `forward_auth`, Traefik `ForwardAuth`, Envoy `ext_authz`).

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use http::header::{HeaderName, HeaderValue, VARY};
use http::{HeaderMap, StatusCode};

use super::refusal::refuse;
use super::service_endpoints::{ServiceEndpoints, authenticate_bearer};
use crate::core::secret::ExposeSecret as _;
use crate::graphql::error_code::ErrorCode;
use crate::sessions::Claims;

/// Envoy appends the path of the original request.
const PATHS: [&str; 3] = ["/auth/verify", "/auth/verify/", "/auth/verify/{*rest}"];

const USER_ID: HeaderName = HeaderName::from_static("x-user-id");
const USER_ROLES: HeaderName = HeaderName::from_static("x-user-roles");
const SESSION_ID: HeaderName = HeaderName::from_static("x-session-id");
const UPSTREAM_TOKEN: HeaderName = HeaderName::from_static("x-upstream-token");

/// Accepts every method: Envoy uses the method of the original request, other proxies use GET.
pub fn routes(endpoints: ServiceEndpoints) -> Router {
    PATHS
        .into_iter()
        .fold(Router::new(), |router, path| router.route(path, any(handle)))
        .with_state(endpoints)
}

async fn handle(State(endpoints): State<ServiceEndpoints>, headers: HeaderMap) -> Response {
    let claims = match authenticate_bearer(&endpoints, &headers).await {
        Ok(claims) => claims,
        Err(refusal) => return refusal,
    };
    match identity_headers(&endpoints, &claims) {
        Some(headers) => (StatusCode::OK, headers).into_response(),
        None => refuse(ErrorCode::InternalServerError),
    }
}

/// Returns the headers that the proxy copies to the forwarded request. Every response contains all of them, so they
/// replace headers of the same names that the client sent. No value is copied from the request.
fn identity_headers(endpoints: &ServiceEndpoints, claims: &Claims) -> Option<HeaderMap> {
    let token = endpoints
        .upstream
        .issue(claims)
        .inspect_err(|error| tracing::error!(cause = %error, "internal error"))
        .ok()?;
    let mut token = HeaderValue::from_str(token.expose_secret()).ok()?;
    token.set_sensitive(true);
    let text = |text: String| HeaderValue::from_str(&text).ok();
    Some(HeaderMap::from_iter([
        (USER_ID, text(claims.sub.to_string())?),
        (USER_ROLES, text(join_roles(&claims.roles))?),
        (SESSION_ID, text(claims.sid.to_string())?),
        (UPSTREAM_TOKEN, token),
        (VARY, HeaderValue::from_static("Authorization")),
    ]))
}

/// Joins roles with commas. The application chooses the names of roles, so characters that could split a role or end the
/// header are percent-encoded.
fn join_roles(roles: &[String]) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for (index, role) in roles.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        for byte in role.bytes() {
            if byte.is_ascii_graphic() && !matches!(byte, b',' | b'%' | b'"') {
                out.push(char::from(byte));
            } else {
                // Writing to a string cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_role_cannot_become_two_roles() {
        let joined =
            |roles: &[&str]| join_roles(&roles.iter().map(|role| (*role).into()).collect::<Vec<_>>());
        assert_eq!(joined(&[]), "");
        assert_eq!(joined(&["editor", "billing:read"]), "editor,billing:read");
        assert_eq!(
            joined(&["a,admin", "b\r\nX-User-Id: 1", "100%", "客"]),
            "a%2Cadmin,b%0D%0AX-User-Id:%201,100%25,%E5%AE%A2"
        );
    }

    proptest! {
        #[test]
        fn any_roles_become_one_header_with_one_part_per_role(roles in proptest::collection::vec(".+", 1..5)) {
            let line = join_roles(&roles);
            prop_assert!(HeaderValue::from_str(&line).is_ok());
            prop_assert_eq!(line.split(',').count(), roles.len());
        }
    }
}
