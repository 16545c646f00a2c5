//! Health checks: whether the process runs, and whether its stores respond.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures_util::future::BoxFuture;
use http::StatusCode;
use serde_json::{Map, Value, json};

/// Checks every store. Returns the name of each store and whether it responded.
pub type Checks = Arc<dyn Fn() -> BoxFuture<'static, Vec<(&'static str, bool)>> + Send + Sync>;

/// Stores that take longer are reported as down.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Routes `/health/live` and `/health/ready`.
pub fn routes(checks: Checks) -> Router {
    Router::new().route("/health/live", get(live)).route("/health/ready", get(ready)).with_state(checks)
}

async fn live() -> Response {
    axum::Json(json!({ "status": "live" })).into_response()
}

async fn ready(State(checks): State<Checks>) -> Response {
    let found = tokio::time::timeout(TIMEOUT, checks()).await.ok();
    let all = found.as_ref().is_some_and(|stores| stores.iter().all(|(_, up)| *up));
    let (status, word) =
        if all { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready") };
    let stores = found.unwrap_or_default().into_iter();
    let stores: Map<String, Value> =
        stores.map(|(name, up)| (name.to_owned(), json!(if up { "up" } else { "down" }))).collect();
    (status, axum::Json(json!({ "status": word, "stores": stores }))).into_response()
}
