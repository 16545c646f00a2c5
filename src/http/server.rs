//! Accepts connections and speaks HTTP/1.1 and HTTP/2 on them, within limits of number and time.

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

use super::address::Peer;
use super::watch::{Activity, Watched};
use crate::config::http::HttpSettings;

/// Requests that one HTTP/2 connection may have under way.
const MAX_STREAMS: u32 = 64;
/// Bytes of a request's head.
const MAX_HEAD: u32 = 32 * 1_024;
/// How long to wait when the system has no more sockets to give.
const BREATH: Duration = Duration::from_millis(100);

/// Serves until `cancel`, then lets requests under way end within `http.drain`. Beyond `http.max_connections` callers
/// wait in the system's queue, and connections at rest are cut early.
pub async fn serve(listener: TcpListener, router: Router, settings: HttpSettings, cancel: CancellationToken) {
    let settings = Arc::new(settings);
    let places = Arc::new(Semaphore::new(settings.max_connections));
    let connections = TaskTracker::new();
    // Cuts what is still open after the drain.
    let cut = CancellationToken::new();
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await.ok()?;
            Some((place, listener.accept().await))
        };
        let (place, accepted) = tokio::select! {
            () = cancel.cancelled() => break,
            Some(accepted) = accepted => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                let free = Arc::clone(&places);
                // One place is always held for the caller who comes next.
                let crowded = move || free.available_permits() == 0;
                let (router, settings) = (router.clone(), Arc::clone(&settings));
                let work = connection(stream, Peer(address), router, settings, cancel.clone(), crowded);
                let cut = cut.clone();
                connections.spawn(async move {
                    let _ended = cut.run_until_cancelled(work).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(settings.drain, connections.wait()).await.is_err() {
        tracing::warn!(left = connections.len(), "connections are cut: the drain is over");
        cut.cancel();
        connections.wait().await;
    }
}

async fn connection(
    stream: TcpStream,
    peer: Peer,
    router: Router,
    settings: Arc<HttpSettings>,
    cancel: CancellationToken,
    crowded: impl Fn() -> bool,
) {
    // Answers are small and written at once.
    let _best_effort = stream.set_nodelay(true);
    let activity = Arc::new(Activity::new(settings.header_timeout, settings.idle_timeout));
    let io = TokioIo::new(Watched::new(stream, Arc::clone(&activity)));
    let busy = Arc::clone(&activity);
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        request.map(Body::new)
    });
    let service = tower::service_fn(move |request: Request<Incoming>| {
        let under_way = busy.begin();
        let answer = service.clone().oneshot(request);
        async move {
            let answer = answer.await;
            drop(under_way);
            answer
        }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    // The head's time is kept by `Activity`, which can tell a slow head from a connection at rest.
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
                    tracing::debug!(%error, "a connection ended badly");
                }
                return;
            }
            () = cancel.cancelled(), if !draining => {
                draining = true;
                serving.as_mut().graceful_shutdown();
            }
            () = activity.expired(&crowded) => return,
        }
    }
}
