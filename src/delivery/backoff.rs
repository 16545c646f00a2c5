//! How long to wait before the next attempt.

use chrono::TimeDelta;

use crate::core::random::Random;

const FIRST_MILLIS: u32 = 2_000;
const LAST_MILLIS: u32 = 200_000;

/// The pause after the `attempt`th failure (counted from 1): it doubles from 2 s on, stretched by up to a half at
/// random, so that messages that failed together do not come back together. Never more than 5 minutes.
pub(super) fn pause(attempt: i32, random: &Random) -> TimeDelta {
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
        fn the_pause_keeps_its_bounds(attempt in any::<i32>(), seed in any::<u64>()) {
            let pause = pause(attempt, &Random::seeded(seed));
            prop_assert!(pause >= TimeDelta::seconds(2) && pause <= TimeDelta::minutes(5));
        }
    }

    #[test]
    fn the_pause_grows_and_differs() {
        let random = Random::seeded(1);
        for attempt in 1..7 {
            assert!(pause(attempt, &random) < pause(attempt + 1, &random), "{attempt}");
        }
        assert_ne!(pause(3, &random), pause(3, &random));
    }
}
