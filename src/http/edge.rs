//! The outermost layer: names the request, bounds its time, logs it, writes refusals and the headers that every answer
//! bears.

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
use crate::graphql::fault::CallerFault;

/// What the layers know. Cheap to clone.
#[derive(Clone)]
pub struct Edge {
    pub settings: Arc<HttpSettings>,
    pub clock: Clock,
    pub random: Random,
}

/// Runs one request in a span that bears its id, so that every log line of it does.
pub async fn observe(State(edge): State<Edge>, mut request: Request, next: Next) -> Response {
    let began = edge.clock.now();
    let peer = request.extensions().get::<Peer>().copied();
    let client = address::client(&edge.settings, &edge.random, peer, request.headers());
    let request_id = client.request_id.clone();
    let span = tracing::info_span!("request", request_id);
    let work = async {
        let media = Media::negotiate(request.headers()).unwrap_or(Media::Json);
        let method = request.method().clone();
        // Without the query: it may hold a document, and with it a password.
        let path = request.uri().path().to_owned();
        request.extensions_mut().insert(client);
        let answer = tokio::time::timeout(edge.settings.request_timeout, next.run(request)).await;
        let mut response = answer.unwrap_or_else(|_| refuse(CallerFault::Unavailable));
        if let Some(Refused(fault)) = response.extensions_mut().remove() {
            write_refusal(&mut response, fault, media, &request_id, &method);
        }
        finish(&edge.settings, &request_id, response.headers_mut());
        let ms = (edge.clock.now() - began).num_milliseconds();
        tracing::info!(%method, path, status = response.status().as_u16(), ms, "answered");
        response
    };
    work.instrument(span).await
}

fn write_refusal(
    response: &mut Response,
    fault: CallerFault,
    media: Media,
    request_id: &str,
    method: &Method,
) {
    let body = ApiReply::refusal(fault, request_id).body;
    let headers = response.headers_mut();
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONTENT_TYPE, media.content_type());
    *response.body_mut() = if *method == Method::HEAD { Body::empty() } else { Body::from(body) };
}

/// The headers of every answer; one that is set already stays.
fn finish(settings: &HttpSettings, request_id: &str, headers: &mut HeaderMap) {
    const ALWAYS: [(HeaderName, &str); 6] = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (X_FRAME_OPTIONS, "DENY"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if settings.public_url.is_https() {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, id);
    }
}
