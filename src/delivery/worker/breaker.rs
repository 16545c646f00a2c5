//! Circuit breakers: a carrier that keeps failing is left out for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;

use crate::core::clock::Instant;

/// After this many failures in a row, a carrier is left out.
const THRESHOLD: u32 = 5;
/// For how long. Afterwards one message tries the carrier; if it fails, the carrier is left out again.
const PAUSE: TimeDelta = TimeDelta::seconds(30);

#[derive(Clone, Copy, Default)]
struct State {
    failures: u32,
    open_until: Option<Instant>,
}

/// The breakers of all carriers, by name. Each gateway has its own. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Breakers(Arc<Mutex<HashMap<&'static str, State>>>);

impl Breakers {
    /// Returns whether a carrier may be tried now. After the pause only the first caller may; for the others the pause starts
    /// again.
    pub(super) fn allows(&self, carrier: &'static str, now: Instant) -> bool {
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let state = states.entry(carrier).or_default();
        match state.open_until {
            Some(until) if now < until => false,
            Some(_) => {
                state.open_until = Some(now + PAUSE);
                true
            }
            None => true,
        }
    }

    /// Records that a carrier responded, whatever it said about the message.
    pub(super) fn succeeded(&self, carrier: &'static str) {
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = states.insert(carrier, State::default());
        if before.is_some_and(|state| state.open_until.is_some()) {
            tracing::info!(carrier, "SMS carrier available again");
        }
    }

    /// Records a failure of a carrier.
    pub(super) fn failed(&self, carrier: &'static str, now: Instant) {
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let state = states.entry(carrier).or_default();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= THRESHOLD {
            if state.open_until.is_none() {
                tracing::error!(carrier, "SMS carrier keeps failing; it is left out for 30 s at a time");
            }
            state.open_until = Some(now + PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_carrier_that_keeps_failing_is_left_out_and_let_back_in() {
        let breakers = Breakers::default();
        let mut now = Instant::UNIX_EPOCH;
        for _ in 0..THRESHOLD {
            assert!(breakers.allows("aliyun", now));
            breakers.failed("aliyun", now);
        }
        assert!(!breakers.allows("aliyun", now) && breakers.allows("tencent", now));
        now += PAUSE;
        assert!(breakers.allows("aliyun", now), "one message tries");
        assert!(!breakers.allows("aliyun", now), "and only one");
        breakers.failed("aliyun", now);
        assert!(!breakers.allows("aliyun", now + TimeDelta::seconds(29)));
        now += PAUSE;
        assert!(breakers.allows("aliyun", now));
        breakers.succeeded("aliyun");
        assert!(breakers.allows("aliyun", now) && breakers.allows("aliyun", now));
    }

    #[test]
    fn failures_count_only_in_a_row() {
        let breakers = Breakers::default();
        for _ in 0..20 {
            breakers.failed("aliyun", Instant::UNIX_EPOCH);
            breakers.succeeded("aliyun");
        }
        assert!(breakers.allows("aliyun", Instant::UNIX_EPOCH));
    }
}
