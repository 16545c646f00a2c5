//! Serves GraphiQL in development mode, from embedded files, so that it works offline.
//!
//! `scripts/build-graphiql` builds the bundle; `assets/README.md` lists its contents.

use axum::Router;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE};

/// Scripts are loaded from the gateway only. The editor needs inline styles.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; \
    img-src 'self' data:; font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE: &[u8] = include_bytes!("assets/graphiql.html");
const START: &[u8] = include_bytes!("assets/start.graphql");
const SCRIPT: &[u8] = include_bytes!("assets/graphiql.js.gz");
const STYLE: &[u8] = include_bytes!("assets/graphiql.css.gz");

/// Routes `/graphiql` and the files that the page loads.
pub fn routes() -> Router {
    Router::new()
        .route("/graphiql", get(async || asset(PAGE, "text/html; charset=utf-8", false)))
        .route("/graphiql/start.graphql", get(async || asset(START, "text/plain; charset=utf-8", false)))
        .route("/graphiql/graphiql.js", get(async || asset(SCRIPT, "text/javascript; charset=utf-8", true)))
        .route("/graphiql/graphiql.css", get(async || asset(STYLE, "text/css; charset=utf-8", true)))
}

fn asset(bytes: &'static [u8], content_type: &'static str, compressed: bool) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if compressed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}
