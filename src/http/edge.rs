//! The outermost middleware: assigns the request id, applies the request timeout, writes error bodies and common response
//! headers, and logs the request.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method};
use tracing::Instrument as _;

use super::address::{self, Peer, REQUEST_ID};
use super::negotiate::Media;
use super::refusal::{Refused, refuse};
use crate::config::http::HttpSettings;
use crate::core::clock::Clock;
use crate::core::random::Random;
use crate::graphql::api::ApiReply;
use crate::graphql::error_code::ErrorCode;

/// The state of the middleware. Cheap to clone.
#[derive(Clone)]
pub struct Edge {
    pub settings: Arc<HttpSettings>,
    pub clock: Clock,
    pub random: Random,
}

/// Runs a request in a span with its id, so that every log line of the request contains the id.
pub async fn observe(State(edge): State<Edge>, mut request: Request, next: Next) -> Response {
    let start = edge.clock.now();
    let peer = request.extensions().get::<Peer>().copied();
    let client = address::client(&edge.settings, &edge.random, peer, request.headers());
    let request_id = client.request_id.clone();
    let span = tracing::info_span!("request", request_id);
    let work = async {
        let media = Media::negotiate(request.headers()).unwrap_or(Media::Json);
        let method = request.method().clone();
        // Without the query string, which may contain a GraphQL document and with it a password.
        let path = request.uri().path().to_owned();
        request.extensions_mut().insert(client);
        let result = tokio::time::timeout(edge.settings.request_timeout, next.run(request)).await;
        let mut response = result.unwrap_or_else(|_| refuse(ErrorCode::Unavailable));
        if let Some(Refused(code)) = response.extensions_mut().remove() {
            write_error_body(&mut response, code, media, &request_id, &method);
        }
        add_common_headers(&edge.settings, &request_id, response.headers_mut());
        let ms = (edge.clock.now() - start).num_milliseconds();
        tracing::info!(%method, path, status = response.status().as_u16(), ms, "request completed");
        response
    };
    work.instrument(span).await
}

fn write_error_body(
    response: &mut Response,
    code: ErrorCode,
    media: Media,
    request_id: &str,
    method: &Method,
) {
    let body = ApiReply::refusal(code, request_id).body;
    let headers = response.headers_mut();
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONTENT_TYPE, media.content_type());
    *response.body_mut() = if *method == Method::HEAD { Body::empty() } else { Body::from(body) };
}

/// Adds the headers of every response. Headers that the handler has set are kept.
fn add_common_headers(settings: &HttpSettings, request_id: &str, headers: &mut HeaderMap) {
    const COMMON: [(HeaderName, &str); 6] = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (X_FRAME_OPTIONS, "DENY"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in COMMON {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if settings.public_url.is_https() {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, id);
    }
}
