//! When a webhook is sent again.

use std::time::Duration;

use chrono::TimeDelta;

use crate::core::random::Random;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

/// The delays after each failed attempt in seconds: about three days in all, as Standard Webhooks recommends.
const DELAYS: [i64; 9] =
    [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

/// The longest delay that an endpoint can ask for with `Retry-After`.
const MAX_RETRY_AFTER: i64 = 24 * HOUR;

/// Returns the delay after the `attempt`th failure, counted from 1, or `None` if that was the last attempt. A random share of up
/// to a tenth is added, so that events that failed together are not sent again together. `retry_after` is what the endpoint
/// asked for; a shorter delay is extended to it.
pub(super) fn delay(attempt: i32, retry_after: Option<Duration>, random: &Random) -> Option<TimeDelta> {
    let index = usize::try_from(attempt.saturating_sub(1)).unwrap_or(0);
    let seconds = *DELAYS.get(index)?;
    let asked = retry_after.map_or(0, |delay| i64::try_from(delay.as_secs()).unwrap_or(MAX_RETRY_AFTER));
    let millis = seconds.max(asked.min(MAX_RETRY_AFTER)) * 1_000;
    let share = u32::try_from(millis / 10).unwrap_or(u32::MAX);
    Some(TimeDelta::milliseconds(millis + i64::from(random.below(share))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_about_three_days_in_all() {
        let random = Random::seeded(1);
        let delays: Vec<_> = (1..=20).map_while(|attempt| delay(attempt, None, &random)).collect();
        assert_eq!(delays.len(), 9);
        assert!(delays.is_sorted());
        let total: TimeDelta = delays.iter().sum();
        assert!(total > TimeDelta::hours(75) && total < TimeDelta::hours(84), "{total}");
    }

    #[test]
    fn an_endpoint_can_ask_for_a_longer_delay_but_not_for_more_than_a_day() {
        let random = Random::seeded(1);
        let after = |seconds| delay(1, Some(Duration::from_secs(seconds)), &random).unwrap();
        assert!(after(1) >= TimeDelta::seconds(5) && after(1) < TimeDelta::seconds(6));
        assert!(after(600) >= TimeDelta::seconds(600));
        assert!(after(u64::MAX) <= TimeDelta::hours(27));
    }
}
