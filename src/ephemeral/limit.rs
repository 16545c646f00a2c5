//! Limits as pure rules: a state and a time give a verdict. `scripts/charge.lua` and `scripts/give_back.lua` implement
//! the same rules for Redis; the conformance tests compare them.
//!
//! Times are whole microseconds since the Unix epoch; durations are microseconds. Lua numbers are doubles, which
//! represent integers up to 2^53 exactly, that is until the year 2255.

use crate::core::clock::Instant;

/// One limit to charge. The charges of one call must have different keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The key. It contains digests instead of names and addresses.
    pub key: String,
    pub rule: Rule,
}

/// The rule of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// GCRA: `burst` at once, then one per `interval`.
    Rate { interval: i64, burst: i64 },
    /// At most `max` per window. Windows begin at multiples of their length (for one day: at midnight UTC).
    Budget { window: i64, max: i64, amount: i64 },
    /// `free` failures without delay, then a delay of `first` that doubles up to `longest`. The failures are deleted
    /// when `forget` has passed since the end of the last delay.
    Backoff { free: i64, first: i64, longest: i64, forget: i64 },
}

/// The result of a list of charges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charged {
    /// All limits were charged. The same list can be charged again at `next_at`.
    Taken { next_at: Instant },
    /// No limit was charged. `index` is the charge with the longest delay, which ends at `retry_at`.
    Refused { index: usize, retry_at: Instant },
}

/// A charge to return or a key to clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Return {
    /// Returns one charge that was taken at `at`.
    Refund { charge: Charge, at: Instant },
    /// Deletes the state of a key.
    Clear { key: String },
}

/// The stored state of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LimitState {
    /// The theoretical arrival time: when the bucket will be empty.
    Rate {
        arrival: i64,
    },
    Budget {
        start: i64,
        used: i64,
    },
    Backoff {
        count: i64,
        next: i64,
        forget: i64,
    },
}

/// The result of a rule for one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The state after the charge, when it can be deleted, and when the next charge is possible.
    Take {
        state: LimitState,
        ends: i64,
        next: i64,
    },
    Refuse {
        retry: i64,
    },
}

impl Rule {
    /// Returns the result of charging this limit at `now`. The state of a different rule is ignored, because the
    /// setting was changed.
    pub(super) fn charge(self, state: Option<LimitState>, now: i64) -> Verdict {
        match (self, state) {
            (Self::Rate { interval, burst }, state) => {
                let arrival = match state {
                    Some(LimitState::Rate { arrival }) => arrival.max(now),
                    _ => now,
                };
                rate(arrival, interval, burst, now)
            }
            (Self::Budget { window, max, amount }, state) => {
                let (start, used) = match state {
                    // The stored window is later: the clock of another gateway is ahead.
                    Some(LimitState::Budget { start, used }) if start >= window_start(now, window) => {
                        (start, used)
                    }
                    _ => (window_start(now, window), 0),
                };
                budget((start, used), window, max, amount, now)
            }
            (Self::Backoff { free, first, longest, forget }, state) => {
                let (count, next) = match state {
                    Some(LimitState::Backoff { count, next, forget }) if now < forget => (count, next),
                    _ => (0, now),
                };
                // A free failure causes no delay. Its `next` is its own time, which can be later than `now` if this
                // charge was delayed or if the clock of this gateway is behind.
                if count >= free && now < next {
                    return Verdict::Refuse { retry: next };
                }
                let count = count + 1;
                let next = now + delay(count, free, first, longest);
                let ends = next + forget;
                Verdict::Take { state: LimitState::Backoff { count, next, forget: ends }, ends, next }
            }
        }
    }

    /// Returns the state without one charge that was taken at `at`, or `None` if no state is left.
    pub(super) fn refund(self, state: LimitState, at: i64, now: i64) -> Option<LimitState> {
        match (self, state) {
            (Self::Rate { interval, .. }, LimitState::Rate { arrival }) => {
                let arrival = arrival - interval;
                (arrival > now).then_some(LimitState::Rate { arrival })
            }
            (Self::Budget { window, amount, .. }, LimitState::Budget { start, used })
                if start == window_start(at, window) =>
            {
                Some(LimitState::Budget { start, used: (used - amount).max(0) })
            }
            // The charge was taken, so the delay before it had ended.
            (Self::Backoff { .. }, LimitState::Backoff { count, forget, .. }) => {
                (count > 1).then_some(LimitState::Backoff { count: count - 1, next: 0, forget })
            }
            (_, state) => Some(state),
        }
    }
}

/// Applies GCRA (ITU-T I.371). `arrival` is not before `now`.
fn rate(arrival: i64, interval: i64, burst: i64, now: i64) -> Verdict {
    let tolerance = interval * burst;
    let after = arrival + interval;
    if now < after - tolerance {
        return Verdict::Refuse { retry: after - tolerance };
    }
    let next = now.max(after + interval - tolerance);
    Verdict::Take { state: LimitState::Rate { arrival: after }, ends: after, next }
}

fn budget((start, used): (i64, i64), window: i64, max: i64, amount: i64, now: i64) -> Verdict {
    let ends = start + window;
    let after = used + amount;
    if after > max {
        return Verdict::Refuse { retry: ends };
    }
    let next = if after + amount > max { ends } else { now };
    Verdict::Take { state: LimitState::Budget { start, used: after }, ends, next }
}

/// Returns the delay after failure number `count`.
fn delay(count: i64, free: i64, first: i64, longest: i64) -> i64 {
    if count < free {
        return 0;
    }
    // 2^30 times the first delay always exceeds the longest delay.
    let doublings = (count - free).min(30);
    first.saturating_mul(1 << doublings).min(longest)
}

fn window_start(at: i64, window: i64) -> i64 {
    at - at.rem_euclid(window)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: i64 = 1_000_000;

    fn takes(rule: Rule, state: Option<LimitState>, now: i64) -> bool {
        matches!(rule.charge(state, now), Verdict::Take { .. })
    }

    #[test]
    fn the_delay_doubles_after_the_free_failures_up_to_the_longest() {
        let seconds: Vec<i64> = (1..=14).map(|n| delay(n, 5, 30 * SECOND, 3_600 * SECOND) / SECOND).collect();
        assert_eq!(seconds, [0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600]);
        assert_eq!(delay(i64::MAX, 1, 3_600 * SECOND, 86_400 * SECOND), 86_400 * SECOND);
    }

    #[test]
    fn a_lagging_clock_does_not_reset_a_budget() {
        let rule = Rule::Budget { window: 100, max: 1, amount: 1 };
        let state = Some(LimitState::Budget { start: 200, used: 1 });
        assert_eq!(rule.charge(state, 199), Verdict::Refuse { retry: 300 });
    }

    #[test]
    fn a_refund_of_an_earlier_window_does_not_change_the_budget() {
        let rule = Rule::Budget { window: 100, max: 9, amount: 2 };
        let today = LimitState::Budget { start: 200, used: 4 };
        assert_eq!(rule.refund(today, 199, 201), Some(today));
        assert_eq!(rule.refund(today, 200, 201), Some(LimitState::Budget { start: 200, used: 2 }));
    }

    proptest! {
        /// The guarantee of GCRA: in any period, at most the burst plus one charge per interval passes.
        #[test]
        fn a_rate_never_lets_more_through(
            interval in 1_i64..50,
            burst in 1_i64..6,
            steps in prop::collection::vec(0_i64..40, 1..60),
        ) {
            let rule = Rule::Rate { interval, burst };
            let (mut state, mut now, mut passed) = (None, 0, Vec::new());
            for step in steps {
                now += step;
                match rule.charge(state, now) {
                    Verdict::Take { state: after, next, .. } => {
                        state = Some(after);
                        passed.push(now);
                        prop_assert!(takes(rule, state, next));
                    }
                    Verdict::Refuse { retry } => {
                        prop_assert!(!takes(rule, state, retry - 1));
                        prop_assert!(takes(rule, state, retry));
                    }
                }
            }
            for (i, from) in passed.iter().enumerate() {
                for (n, to) in passed[i..].iter().enumerate() {
                    prop_assert!(i64::try_from(n).unwrap() < burst + (to - from) / interval + 1);
                }
            }
        }

        #[test]
        fn a_refund_undoes_a_charge(interval in 1_i64..50, burst in 1_i64..6, now in 0_i64..1_000) {
            let rule = Rule::Rate { interval, burst };
            let Verdict::Take { state, .. } = rule.charge(None, now) else { panic!("the first one passes") };
            prop_assert_eq!(rule.refund(state, now, now), None);
        }
    }
}
