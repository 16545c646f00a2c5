//! Resources under `/.well-known/` (RFC 8615).

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, CONTENT_TYPE, ETAG,
    HeaderName, IF_NONE_MATCH,
};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::sessions::KeyRing;

/// The path of the public keys.
pub const JWKS: &str = "/.well-known/jwks.json";

/// RFC 7517, section 8.5.2.
const MEDIA_TYPE: &str = "application/jwk-set+json";

/// Routes [`JWKS`].
pub fn routes(keys: KeyRing) -> Router {
    Router::new().route(JWKS, get(jwks)).with_state(keys)
}

/// Returns the public keys that verify access tokens. Pages of every origin may read them, and shared caches may store them.
async fn jwks(State(keys): State<KeyRing>, request: HeaderMap) -> Response {
    let jwks = keys.jwks();
    let mut response = if matches_etag(&request, &jwks.etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))], jwks.body.to_string()).into_response()
    };
    let headers = response.headers_mut();
    let max_age = HeaderValue::from_str(&format!("public, max-age={}", jwks.max_age.as_secs()));
    for (name, value) in [(CACHE_CONTROL, max_age), (ETAG, HeaderValue::from_str(&jwks.etag))] {
        headers.extend(value.ok().map(|value| (name, value)));
    }
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("etag"));
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
    response
}

/// Compares the entity tag weakly with each tag of `If-None-Match` (RFC 9110, section 13.1.2).
fn matches_etag(request: &HeaderMap, etag: &str) -> bool {
    let lists = request.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = lists.flat_map(|list| list.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::{Method, Request};

    use super::*;
    use crate::http::testing::{app, json, method, send, settings, text};

    #[tokio::test]
    async fn the_keys_are_public_and_cacheable() {
        let app = app(settings()).await;
        let request =
            Request::get(JWKS).header("origin", "https://elsewhere.example").body(Body::empty()).unwrap();
        let response = send(&app, request).await;
        assert_eq!(response.status(), 200);
        let headers = response.headers().clone();
        assert_eq!(headers[CONTENT_TYPE], MEDIA_TYPE);
        assert_eq!(headers[CACHE_CONTROL], "public, max-age=300");
        assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert_eq!(headers["cross-origin-resource-policy"], "cross-origin");
        assert!(!headers.contains_key("access-control-allow-credentials"));
        let body = json(response).await;
        assert_eq!(body["keys"].as_array().map(Vec::len), Some(1), "{body}");
        assert_eq!(body["keys"][0]["crv"], "Ed25519");

        let etag = headers[ETAG].to_str().unwrap();
        for (tags, status) in [
            (etag, 304),
            (&format!("\"other\", W/{etag}"), 304),
            ("*", 304),
            ("\"other\"", 200),
            (&etag[1..], 200),
        ] {
            let request = Request::get(JWKS).header(IF_NONE_MATCH, tags).body(Body::empty()).unwrap();
            let response = send(&app, request).await;
            assert_eq!(response.status(), status, "{tags}");
            assert_eq!(response.headers()[ETAG], etag);
            assert_eq!(response.headers()[CACHE_CONTROL], "public, max-age=300");
            assert_eq!(text(response).await.is_empty(), status == 304);
        }
    }

    #[tokio::test]
    async fn other_methods_are_refused() {
        let app = app(settings()).await;
        assert_eq!(method(&app, Method::HEAD, JWKS).await.status(), 200);
        for other in [Method::POST, Method::PUT, Method::DELETE] {
            assert_eq!(method(&app, other.clone(), JWKS).await.status(), 405, "{other}");
        }
    }
}
