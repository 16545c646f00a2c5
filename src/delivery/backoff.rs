//! The delay before the next attempt to send a message.

use chrono::TimeDelta;

use crate::core::random::Random;

const FIRST_MILLIS: u32 = 2_000;
const LAST_MILLIS: u32 = 200_000;

/// Returns the delay after the `attempt`th failure, counted from 1. The delay starts at 2 s and doubles with each
/// failure. A random share of up to a half is added, so that messages that failed together are not retried together.
/// The delay never exceeds 5 minutes.
pub(super) fn delay(attempt: i32, random: &Random) -> TimeDelta {
    let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or(0).min(16);
    let base = FIRST_MILLIS.saturating_mul(1 << doublings).min(LAST_MILLIS);
    TimeDelta::milliseconds(i64::from(base + random.below(base / 2)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_delay_is_between_two_seconds_and_five_minutes(attempt in any::<i32>(), seed in any::<u64>()) {
            let delay = delay(attempt, &Random::seeded(seed));
            prop_assert!(delay >= TimeDelta::seconds(2) && delay <= TimeDelta::minutes(5));
        }
    }

    #[test]
    fn the_delay_grows_and_is_random() {
        let random = Random::seeded(1);
        for attempt in 1..7 {
            assert!(delay(attempt, &random) < delay(attempt + 1, &random), "{attempt}");
        }
        assert_ne!(delay(3, &random), delay(3, &random));
    }
}
