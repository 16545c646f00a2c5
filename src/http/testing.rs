//! Helpers for the tests of this module: settings, and the router with a small schema.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::response::Response;
use http::request::Builder;
use http::{Method, Request};
use serde_json::Value;
use tower::ServiceExt as _;

use super::router::{Parts, router};
use crate::captcha::Captcha;
use crate::config::http::HttpSettings;
use crate::config::reader::{Reader, Source};
use crate::core::clock::Clock;
use crate::core::random::Random;
use crate::graphql::testing::api;

/// Returns the defaults of development mode.
pub fn settings() -> HttpSettings {
    HttpSettings::read(&mut Reader::new(Source::default()), true)
}

pub async fn app(settings: HttpSettings) -> Router {
    let (api, tokens) = api(true).await;
    router(Parts {
        api,
        keys: tokens.keys().clone(),
        settings,
        clock: Clock::system(),
        random: Random::system(),
        graphiql: true,
        checks: Arc::new(|| Box::pin(async { vec![("database", true), ("ephemeral", false)] })),
        forms: None,
        services: None,
        captcha: Captcha::none(),
        receipts: None,
        extra: None,
    })
}

pub fn post() -> Builder {
    Request::post("/graphql").header("content-type", "application/json")
}

pub fn query(document: &str) -> Body {
    Body::from(serde_json::json!({ "query": document }).to_string())
}

pub async fn send(app: &Router, request: Request<Body>) -> Response {
    app.clone().oneshot(request).await.unwrap()
}

pub async fn method(app: &Router, method: Method, uri: &str) -> Response {
    send(app, Request::builder().method(method).uri(uri).body(Body::empty()).unwrap()).await
}

pub async fn text(response: Response) -> String {
    String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
}

pub async fn json(response: Response) -> Value {
    let text = text(response).await;
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}"))
}

/// Returns the status and the code of the first error.
pub async fn outcome(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    assert!(response.headers().contains_key("x-request-id"));
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let body = json(response).await;
    if let Some(error) = body["errors"].get(0) {
        assert_eq!(error["extensions"]["requestId"], id.as_str());
    }
    (status, body["errors"][0]["extensions"]["code"].as_str().unwrap_or("none").to_owned())
}
