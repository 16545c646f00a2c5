//! Tells a connection that does something from one that only holds a place.
//!
//! The HTTP library's own limit for heads counts from the end of the last request, so it would also cut connections at
//! rest; and it does not watch the first bytes, by which the version is told.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// What a connection is doing, and since when.
pub struct Activity {
    state: Mutex<State>,
    header: Duration,
    idle: Duration,
}

struct State {
    requests: usize,
    since: Instant,
    /// Bytes have come that are not yet a request; a new connection owes its first head from the start.
    in_head: bool,
    /// Its frames come between requests too, so bytes do not mean a head.
    http2: bool,
    any_bytes: bool,
}

impl Activity {
    /// A connection that was just accepted. `header`: how long a head may take; `idle`: how long nothing may happen.
    #[must_use]
    pub fn new(header: Duration, idle: Duration) -> Self {
        let state =
            State { requests: 0, since: Instant::now(), in_head: true, http2: false, any_bytes: false };
        Self { state: Mutex::new(state), header, idle }
    }

    /// A request has come; it is under way until the answer is dropped.
    #[must_use]
    pub fn begin(self: &Arc<Self>) -> UnderWay {
        self.state().requests += 1;
        UnderWay(Arc::clone(self))
    }

    /// Waits until the connection has used up its time. While others wait for a place (`crowded`), a connection at rest
    /// gets no more of it than a head: a place that is not used is not worth more than one that may be.
    pub async fn expired(&self, crowded: impl Fn() -> bool) {
        loop {
            let now = Instant::now();
            let deadline = {
                let state = self.state();
                match (state.requests, state.in_head) {
                    (0, true) => state.since + self.header,
                    (0, false) if crowded() => state.since + self.idle.min(self.header),
                    (0, false) => state.since + self.idle,
                    _ => now + self.header.min(self.idle),
                }
            };
            if deadline <= now {
                return;
            }
            // What happens meanwhile can bring the end nearer, so look again before long.
            tokio::time::sleep_until(deadline.min(now + self.header.min(self.idle) / 2)).await;
        }
    }

    fn arrived(&self, bytes: &[u8]) {
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

/// A request under way.
pub struct UnderWay(Arc<Activity>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.requests = state.requests.saturating_sub(1);
        state.in_head = false;
        state.since = Instant::now();
    }
}

/// A stream that reports what it reads.
pub struct Watched<S> {
    inner: S,
    activity: Arc<Activity>,
}

impl<S> Watched<S> {
    #[must_use]
    pub fn new(inner: S, activity: Arc<Activity>) -> Self {
        Self { inner, activity }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buffer);
        if let Some(bytes) = buffer.filled().get(before..).filter(|bytes| !bytes.is_empty()) {
            self.activity.arrived(bytes);
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
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
