//! Forward-auth: a proxy asks about each request before it passes it on (nginx `auth_request`, Caddy `forward_auth`,
//! Traefik `ForwardAuth`, Envoy `ext_authz`).

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use http::header::{HeaderName, HeaderValue, VARY};
use http::{HeaderMap, StatusCode};

use super::proofs::{Proofs, bearer};
use super::refusal::refuse;
use crate::core::secret::ExposeSecret as _;
use crate::graphql::fault::CallerFault;
use crate::sessions::Claims;

/// Envoy puts the path of the request behind ours.
const PATHS: [&str; 3] = ["/auth/verify", "/auth/verify/", "/auth/verify/{*rest}"];

const USER_ID: HeaderName = HeaderName::from_static("x-user-id");
const USER_ROLES: HeaderName = HeaderName::from_static("x-user-roles");
const SESSION_ID: HeaderName = HeaderName::from_static("x-session-id");
const UPSTREAM_TOKEN: HeaderName = HeaderName::from_static("x-upstream-token");

/// By any method: Envoy asks by that of the request, the others by GET.
pub fn routes(proofs: Proofs) -> Router {
    PATHS.into_iter().fold(Router::new(), |router, path| router.route(path, any(answer))).with_state(proofs)
}

async fn answer(State(proofs): State<Proofs>, headers: HeaderMap) -> Response {
    let claims = match bearer(&proofs.verify, &headers).await {
        Ok(claims) => claims,
        Err(refusal) => return refusal,
    };
    match identity(&proofs, &claims) {
        Some(identity) => (StatusCode::OK, identity).into_response(),
        None => refuse(CallerFault::InternalServerError),
    }
}

/// What the proxy sets on the request. Every header is there in every answer, so that it replaces whatever the client
/// sent under its name, and nothing of the request is repeated.
fn identity(proofs: &Proofs, claims: &Claims) -> Option<HeaderMap> {
    let token = proofs
        .upstream
        .issue(claims)
        .inspect_err(|fault| tracing::error!(cause = %fault, "internal error"))
        .ok()?;
    let mut token = HeaderValue::from_str(token.expose_secret()).ok()?;
    token.set_sensitive(true);
    let text = |text: String| HeaderValue::from_str(&text).ok();
    Some(HeaderMap::from_iter([
        (USER_ID, text(claims.sub.to_string())?),
        (USER_ROLES, text(listed(&claims.roles))?),
        (SESSION_ID, text(claims.sid.to_string())?),
        (UPSTREAM_TOKEN, token),
        (VARY, HeaderValue::from_static("Authorization")),
    ]))
}

/// Roles with commas between them. A role is any text that the application chose, so what would be taken for two roles
/// or for a header's end is percent-encoded.
fn listed(roles: &[String]) -> String {
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
    fn a_role_cannot_become_two() {
        let listed = |roles: &[&str]| listed(&roles.iter().map(|role| (*role).into()).collect::<Vec<_>>());
        assert_eq!(listed(&[]), "");
        assert_eq!(listed(&["editor", "billing:read"]), "editor,billing:read");
        assert_eq!(
            listed(&["a,admin", "b\r\nX-User-Id: 1", "100%", "客"]),
            "a%2Cadmin,b%0D%0AX-User-Id:%201,100%25,%E5%AE%A2"
        );
    }

    proptest! {
        #[test]
        fn any_roles_are_one_header_of_as_many_parts(roles in proptest::collection::vec(".+", 1..5)) {
            let line = listed(&roles);
            prop_assert!(HeaderValue::from_str(&line).is_ok());
            prop_assert_eq!(line.split(',').count(), roles.len());
        }
    }
}
