//! An application that receives webhooks, and fails in scripted ways.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde_json::Value;

/// A request that the application received.
#[derive(Clone, Debug)]
pub struct Received {
    /// The path with the query.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

#[derive(Default)]
struct Shared {
    statuses: VecDeque<u16>,
    /// The body of responses with status 200.
    body: String,
    received: Vec<Received>,
}

/// The application.
pub struct Receiver {
    pub url: String,
    shared: Arc<Mutex<Shared>>,
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Status 0 never responds.
async fn receive(
    State(shared): State<Arc<Mutex<Shared>>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (status, answer) = {
        let mut shared = lock(&shared);
        shared.received.push(Received { path: uri.to_string(), headers, body });
        let usual = if shared.body.is_empty() { 204 } else { 200 };
        (shared.statuses.pop_front().unwrap_or(usual), shared.body.clone())
    };
    if status == 0 {
        std::future::pending::<()>().await;
    }
    let status = StatusCode::from_u16(status).expect("a status");
    match status.as_u16() {
        200 => (status, answer).into_response(),
        302 => (status, [("location", "/other")]).into_response(),
        429 => (status, [("retry-after", "3600")]).into_response(),
        _ => status.into_response(),
    }
}

impl Receiver {
    /// Starts an application that responds with `statuses`, then with 204.
    pub async fn start(statuses: &[u16]) -> Self {
        let shared = Arc::new(Mutex::new(Shared {
            statuses: statuses.iter().copied().collect(),
            ..Shared::default()
        }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hooks", listener.local_addr().expect("an address"));
        let router = Router::new()
            .route("/hooks", post(receive))
            .route("/other", post(receive))
            .fallback(receive)
            .with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, shared }
    }

    /// Responds from now on with status 200 and this body.
    pub fn respond_with(&self, body: &str) {
        body.clone_into(&mut lock(&self.shared).body);
    }

    /// Responds to the next request with this status.
    pub fn next_status(&self, status: u16) {
        lock(&self.shared).statuses.push_back(status);
    }

    /// Returns the address without the path.
    pub fn origin(&self) -> &str {
        self.url.trim_end_matches("/hooks")
    }

    /// Waits until `count` requests were received and returns them all.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        for _ in 0..600 {
            let received = lock(&self.shared).received.clone();
            if received.len() >= count {
                return received;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{count} webhooks were expected: {:?}", lock(&self.shared).received);
    }

    pub fn count(&self) -> usize {
        lock(&self.shared).received.len()
    }
}
