//! Distinguishes connections with requests in progress from idle ones, and applies the header and idle timeouts.
//!
//! The header timeout of hyper starts at the end of the previous request, so it would close idle connections too. It also
//! does not cover the first bytes, by which hyper detects the HTTP version.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// The state of a connection.
pub struct Activity {
    state: Mutex<State>,
    header: Duration,
    idle: Duration,
}

struct State {
    requests: usize,
    since: Instant,
    /// Whether a request's head is being received. A new connection starts in this state.
    in_head: bool,
    /// HTTP/2 sends frames between requests too, so received bytes do not start a head.
    http2: bool,
    any_bytes: bool,
}

impl Activity {
    /// Builds the state of a new connection. `header` limits the time for a request's head, `idle` the time without a
    /// request.
    #[must_use]
    pub fn new(header: Duration, idle: Duration) -> Self {
        let state =
            State { requests: 0, since: Instant::now(), in_head: true, http2: false, any_bytes: false };
        Self { state: Mutex::new(state), header, idle }
    }

    /// Starts a request, which is in progress until the guard is dropped.
    #[must_use]
    pub fn begin(self: &Arc<Self>) -> RequestGuard {
        self.state().requests += 1;
        RequestGuard(Arc::clone(self))
    }

    /// Waits until a timeout of the connection has expired. At the connection limit (`at_capacity`), idle connections get
    /// no more time than a request's head.
    pub async fn expired(&self, at_capacity: impl Fn() -> bool) {
        loop {
            let now = Instant::now();
            let deadline = {
                let state = self.state();
                match (state.requests, state.in_head) {
                    (0, true) => state.since + self.header,
                    (0, false) if at_capacity() => state.since + self.idle.min(self.header),
                    (0, false) => state.since + self.idle,
                    _ => now + self.header.min(self.idle),
                }
            };
            if deadline <= now {
                return;
            }
            // Events can bring the deadline forward, so check again before it.
            tokio::time::sleep_until(deadline.min(now + self.header.min(self.idle) / 2)).await;
        }
    }

    fn received(&self, bytes: &[u8]) {
        let mut state = self.state();
        if !state.any_bytes {
            state.any_bytes = true;
            state.http2 = bytes.starts_with(b"PRI ");
        }
        if state.requests == 0 && !state.in_head && !state.http2 {
            state.in_head = true;
            state.since = Instant::now();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request in progress.
pub struct RequestGuard(Arc<Activity>);

impl Drop for RequestGuard {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.requests = state.requests.saturating_sub(1);
        state.in_head = false;
        state.since = Instant::now();
    }
}

/// A stream that reports the received bytes to [`Activity`].
pub struct MonitoredStream<S> {
    inner: S,
    activity: Arc<Activity>,
}

impl<S> MonitoredStream<S> {
    #[must_use]
    pub fn new(inner: S, activity: Arc<Activity>) -> Self {
        Self { inner, activity }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for MonitoredStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buffer);
        if let Some(bytes) = buffer.filled().get(before..).filter(|bytes| !bytes.is_empty()) {
            self.activity.received(bytes);
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for MonitoredStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}
