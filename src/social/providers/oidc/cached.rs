//! Caches a resource that is fetched on demand.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::TimeDelta;
use tokio::sync::Mutex;

use crate::core::clock::{Clock, Instant};
use crate::social::provider::ProviderError;

type Fetched<T> = Result<Arc<T>, ProviderError>;

/// Keeps the last result. Callers that arrive during a fetch wait for it and share its result, including an error. So
/// concurrent callers cause one request, and no caller waits for more than one.
pub(super) struct Cached<T> {
    clock: Clock,
    /// The number of completed fetches, including failed ones.
    fetches: AtomicU64,
    slot: Mutex<Option<(Instant, Fetched<T>)>>,
}

impl<T> Cached<T> {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, fetches: AtomicU64::new(0), slot: Mutex::new(None) }
    }

    /// Returns the cached value if it is younger than `max_age`; otherwise fetches it. Errors are not cached.
    pub(super) async fn get(
        &self,
        max_age: TimeDelta,
        fetch: impl Future<Output = Result<T, ProviderError>>,
    ) -> Fetched<T> {
        let fetches = self.fetches.load(Ordering::SeqCst);
        let mut slot = self.slot.lock().await;
        match slot.as_ref() {
            Some((at, Ok(value))) if self.clock.now() - *at < max_age => return Ok(Arc::clone(value)),
            Some((_, Err(error))) if self.fetches.load(Ordering::SeqCst) != fetches => {
                return Err(error.clone());
            }
            _ => {}
        }
        let fetched = fetch.await.map(Arc::new);
        self.fetches.fetch_add(1, Ordering::SeqCst);
        *slot = Some((self.clock.now(), fetched.clone()));
        fetched
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cached() -> (Clock, Cached<u64>, AtomicU64) {
        let clock = Clock::manual(Instant::UNIX_EPOCH);
        (clock.clone(), Cached::new(clock), AtomicU64::new(0))
    }

    #[tokio::test]
    async fn a_value_is_cached_until_its_maximum_age() {
        let (clock, cached, count) = cached();
        let fetch = || async { Ok(count.fetch_add(1, Ordering::SeqCst)) };
        let age = TimeDelta::seconds(60);
        for (wait, expected) in [(0, 0), (59, 0), (1, 1), (0, 1)] {
            clock.advance(TimeDelta::seconds(wait));
            assert_eq!(*cached.get(age, fetch()).await.unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn concurrent_callers_share_one_fetch_and_errors_are_not_cached() {
        let (_, cached, count) = cached();
        let age = TimeDelta::seconds(60);
        let fail = || async {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            Err(ProviderError::Unavailable("down".into()))
        };
        let results = futures_util::future::join_all((0..20).map(|_| cached.get(age, fail()))).await;
        assert!(results.iter().all(Result::is_err));
        assert_eq!(count.load(Ordering::SeqCst), 1);
        let succeed = || async { Ok(count.fetch_add(1, Ordering::SeqCst)) };
        let results = futures_util::future::join_all((0..20).map(|_| cached.get(age, succeed()))).await;
        assert!(results.iter().all(|value| **value.as_ref().unwrap() == 1));
        assert_eq!(count.load(Ordering::SeqCst), 2);
    }
}
