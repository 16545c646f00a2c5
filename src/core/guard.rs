//! Guards for what a request takes and may have to return: a verification code, a ticket, a charge of a limit.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

type GiveBack = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Returns what was taken unless [`Guard::keep`] is called.
///
/// A guard that is dropped, because of an early return or because the client disconnected, returns it in a task of its
/// own. Prefer [`Guard::keep_if_ok`]: it finishes before the response is sent, so the client's next request sees the
/// result.
#[must_use = "a guard that is dropped returns what was taken"]
pub struct Guard(Mutex<Option<GiveBack>>);

impl Guard {
    /// Builds a guard. `give_back` runs at most once, and not at all after [`Guard::keep`].
    pub fn new(give_back: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(Mutex::new(Some(Box::pin(give_back))))
    }

    /// Keeps what was taken.
    pub fn keep(mut self) {
        self.take();
    }

    /// Gives back what was taken.
    pub async fn give_back(mut self) {
        if let Some(give_back) = self.take() {
            give_back.await;
        }
    }

    fn take(&mut self) -> Option<GiveBack> {
        // The mutex makes guards `Sync`, which resolvers require. It is never contended.
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Runs `work`. Keeps what was taken if it succeeds and returns it if it fails.
    pub async fn keep_if_ok<T, E>(self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let result = work.await;
        match result {
            Ok(_) => self.keep(),
            Err(_) => self.give_back().await,
        }
        result
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(give_back) = self.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(give_back);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn counted() -> (Guard, Arc<AtomicU32>) {
        let count = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&count);
        let guard = Guard::new(async move {
            counter.fetch_add(1, Ordering::SeqCst);
        });
        (guard, count)
    }

    #[tokio::test]
    async fn kept_things_are_not_given_back() {
        let (guard, count) = counted();
        guard.keep();
        tokio::task::yield_now().await;
        assert_eq!(count.load(Ordering::SeqCst), 0);
        let (guard, count) = counted();
        assert_eq!(guard.keep_if_ok(async { Ok::<_, ()>(1) }).await, Ok(1));
        tokio::task::yield_now().await;
        assert_eq!(count.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_failure_gives_back_before_it_returns() {
        let (guard, count) = counted();
        assert_eq!(guard.keep_if_ok(async { Err::<(), _>(1) }).await, Err(1));
        assert_eq!(count.load(Ordering::SeqCst), 1);
        let (guard, count) = counted();
        guard.give_back().await;
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_dropped_guard_gives_back_once() {
        let (guard, count) = counted();
        drop(guard);
        for _ in 0..100 {
            if count.load(Ordering::SeqCst) > 0 {
                break;
            }
            tokio::task::yield_now().await;
        }
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }
}
