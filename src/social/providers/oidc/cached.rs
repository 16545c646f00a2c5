//! Something that is asked for once and then kept for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::TimeDelta;
use tokio::sync::Mutex;

use crate::core::clock::{Clock, Instant};
use crate::social::provider::ProviderError;

type Answer<T> = Result<Arc<T>, ProviderError>;

/// Keeps the last answer. Whoever comes while it is being asked for waits and shares what comes of it, a failure too,
/// so that a crowd costs the provider one question and nobody waits for more than one.
pub(super) struct Cached<T> {
    clock: Clock,
    /// How many questions were answered, well or badly.
    asked: AtomicU64,
    slot: Mutex<Option<(Instant, Answer<T>)>>,
}

impl<T> Cached<T> {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, asked: AtomicU64::new(0), slot: Mutex::new(None) }
    }

    /// What is kept, where it is younger than `age`; else what `ask` brings.
    ///
    /// # Errors
    /// Those of `ask`. They are not kept.
    pub(super) async fn get(
        &self,
        age: TimeDelta,
        ask: impl Future<Output = Result<T, ProviderError>>,
    ) -> Answer<T> {
        let asked = self.asked.load(Ordering::SeqCst);
        let mut slot = self.slot.lock().await;
        match slot.as_ref() {
            Some((at, Ok(kept))) if self.clock.now() - *at < age => return Ok(Arc::clone(kept)),
            Some((_, Err(error))) if self.asked.load(Ordering::SeqCst) != asked => return Err(error.clone()),
            _ => {}
        }
        let answer = ask.await.map(Arc::new);
        self.asked.fetch_add(1, Ordering::SeqCst);
        *slot = Some((self.clock.now(), answer.clone()));
        answer
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
    async fn it_is_kept_for_its_age() {
        let (clock, cached, count) = cached();
        let ask = || async { Ok(count.fetch_add(1, Ordering::SeqCst)) };
        let age = TimeDelta::seconds(60);
        for (wait, expected) in [(0, 0), (59, 0), (1, 1), (0, 1)] {
            clock.advance(TimeDelta::seconds(wait));
            assert_eq!(*cached.get(age, ask()).await.unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn a_crowd_asks_once_and_shares_the_failure_but_the_next_asks_anew() {
        let (_, cached, count) = cached();
        let age = TimeDelta::seconds(60);
        let fail = || async {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            Err(ProviderError::Unavailable("down".into()))
        };
        let crowd = futures_util::future::join_all((0..20).map(|_| cached.get(age, fail()))).await;
        assert!(crowd.iter().all(Result::is_err));
        assert_eq!(count.load(Ordering::SeqCst), 1);
        let work = || async { Ok(count.fetch_add(1, Ordering::SeqCst)) };
        let crowd = futures_util::future::join_all((0..20).map(|_| cached.get(age, work()))).await;
        assert!(crowd.iter().all(|kept| **kept.as_ref().unwrap() == 1));
        assert_eq!(count.load(Ordering::SeqCst), 2);
    }
}
