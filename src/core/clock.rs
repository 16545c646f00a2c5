//! The only source of time. Production reads the system clock; tests set the time themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// A point in time, UTC, in whole microseconds: the finest unit that both databases keep.
pub type Instant = DateTime<Utc>;

/// Returns the time. Cheap to clone; clones of a manual clock share its time.
#[derive(Clone, Debug)]
pub struct Clock {
    source: Source,
    /// The latest millisecond of [`Clock::tick`] and, in the low [`TICK_BITS`] bits, the number of ticks in it.
    last_tick: Arc<AtomicU64>,
}

const TICK_BITS: u32 = 12;
const MAX_TICK: u64 = (1 << TICK_BITS) - 1;

#[derive(Clone, Debug)]
enum Source {
    System,
    /// Microseconds since the Unix epoch.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// Returns the clock of the operating system.
    #[must_use]
    pub fn system() -> Self {
        Self::new(Source::System)
    }

    /// Returns a clock that stays at `start` until [`Clock::advance`] changes it.
    #[must_use]
    pub fn manual(start: Instant) -> Self {
        Self::new(Source::Manual(Arc::new(AtomicI64::new(start.timestamp_micros()))))
    }

    fn new(source: Source) -> Self {
        Self { source, last_tick: Arc::new(AtomicU64::new(u64::MAX)) }
    }

    /// Returns the current time, in whole microseconds, so that both databases return what was written.
    #[must_use]
    pub fn now(&self) -> Instant {
        let micros = match &self.source {
            Source::System => system_micros(),
            Source::Manual(time) => time.load(Ordering::SeqCst),
        };
        DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Returns the current time in milliseconds since the Unix epoch and how many ticks came before in the same
    /// millisecond. The number stops at 4,095.
    #[must_use]
    pub fn tick(&self) -> (u64, u16) {
        let millis = u64::try_from(self.now().timestamp_millis()).unwrap_or(0);
        let next = |last: u64| {
            let number = if last >> TICK_BITS == millis { (last & MAX_TICK) + 1 } else { 0 };
            millis << TICK_BITS | number.min(MAX_TICK)
        };
        let before = self.last_tick.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(next(last)));
        let (Ok(last) | Err(last)) = before;
        (millis, u16::try_from(next(last) & MAX_TICK).unwrap_or(0))
    }

    /// Advances a manual clock. The system clock ignores it.
    pub fn advance(&self, by: TimeDelta) {
        if let Source::Manual(time) = &self.source {
            time.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::SeqCst);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the only place that reads the system clock")]
fn system_micros() -> i64 {
    Utc::now().timestamp_micros()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_for_all_its_clones() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        let other = clock.clone();
        clock.advance(TimeDelta::seconds(90));
        assert_eq!(other.now().timestamp(), 90);
    }

    #[test]
    fn ticks_count_within_a_millisecond_and_start_again_in_the_next() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        let first: Vec<_> = (0..3).map(|_| clock.clone().tick()).collect();
        assert_eq!(first, [(0, 0), (0, 1), (0, 2)]);
        clock.advance(TimeDelta::milliseconds(2));
        assert_eq!(clock.tick(), (2, 0));
        clock.advance(TimeDelta::milliseconds(-1));
        assert_eq!(clock.tick(), (1, 0), "a clock that was ahead for a moment has no lasting effect");
        let ticks: Vec<_> = (0..5_000).map(|_| clock.tick()).collect();
        assert_eq!((ticks[4_000], ticks[4_999]), ((1, 4_001), (1, 4_095)));
    }

    #[test]
    fn now_has_no_nanoseconds() {
        assert_eq!(Clock::system().now().timestamp_subsec_nanos() % 1_000, 0);
    }
}
