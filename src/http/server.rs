//! Accepts connections and serves HTTP/1.1 and HTTP/2, within limits on their number and time.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use super::activity::{Activity, MonitoredStream};
use super::address::Peer;
use crate::config::http::HttpSettings;

/// The number of concurrent requests per HTTP/2 connection.
const MAX_STREAMS: u32 = 64;
/// The size of a request's head in bytes.
const MAX_HEAD: u32 = 32 * 1_024;
/// The delay after a failed accept, for example because the process has no file descriptors left.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);

/// Serves requests until `cancel`, then waits up to `http.drain` for requests in progress. When `http.max_connections` is
/// reached, new connections wait in the queue of the operating system and idle connections are closed early.
pub async fn serve(listener: TcpListener, router: Router, settings: HttpSettings, cancel: CancellationToken) {
    let settings = Arc::new(settings);
    let permits = Arc::new(Semaphore::new(settings.max_connections));
    let connections = TaskTracker::new();
    // Closes the connections that are still open after the drain.
    let abort = CancellationToken::new();
    loop {
        let accepted = async {
            let permit = Arc::clone(&permits).acquire_owned().await.ok()?;
            Some((permit, listener.accept().await))
        };
        let (permit, accepted) = tokio::select! {
            () = cancel.cancelled() => break,
            Some(accepted) = accepted => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                let permits = Arc::clone(&permits);
                // This loop always holds one permit for the next connection.
                let at_capacity = move || permits.available_permits() == 0;
                let (router, settings) = (router.clone(), Arc::clone(&settings));
                let work = connection(stream, Peer(address), router, settings, cancel.clone(), at_capacity);
                let abort = abort.clone();
                connections.spawn(async move {
                    let _ended = abort.run_until_cancelled(work).await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "failed to accept a connection");
                tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
            }
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(settings.drain, connections.wait()).await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            "drain timeout reached; closing the remaining connections"
        );
        abort.cancel();
        connections.wait().await;
    }
}

async fn connection(
    stream: TcpStream,
    peer: Peer,
    router: Router,
    settings: Arc<HttpSettings>,
    cancel: CancellationToken,
    at_capacity: impl Fn() -> bool,
) {
    // Responses are small and written at once.
    let _best_effort = stream.set_nodelay(true);
    let activity = Arc::new(Activity::new(settings.header_timeout, settings.idle_timeout));
    let io = TokioIo::new(MonitoredStream::new(stream, Arc::clone(&activity)));
    let requests = Arc::clone(&activity);
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        request.map(Body::new)
    });
    let service = tower::service_fn(move |request: Request<Incoming>| {
        let in_progress = requests.begin();
        let response = service.clone().oneshot(request);
        async move {
            let response = response.await;
            drop(in_progress);
            response
        }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    // `Activity` limits the time for a request's head, because it distinguishes a slow head from an idle connection.
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(settings.idle_timeout)
        .max_buf_size(MAX_HEAD as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEAD)
        .max_pending_accept_reset_streams(32);
    let serving = builder.serve_connection(io, TowerToHyperService::new(service));
    let mut serving = std::pin::pin!(serving);
    let mut draining = false;
    loop {
        tokio::select! {
            ended = serving.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "connection failed");
                }
                return;
            }
            () = cancel.cancelled(), if !draining => {
                draining = true;
                serving.as_mut().graceful_shutdown();
            }
            () = activity.expired(&at_capacity) => return,
        }
    }
}
