//! Counters that mark requests as suspicious without refusing them, and marks of what may be used once.

use std::time::Duration;

use super::limiter::Limiter;
use crate::core::guard::Guard;
use crate::ephemeral::{Charged, Return, Rule, micros};
use crate::outcome::Refusal;

/// A count of events per window. Windows begin at multiples of their length.
#[derive(Clone)]
pub struct Counter {
    name: &'static str,
    subject: String,
    threshold: u32,
}

impl Counter {
    /// Builds the counter `name` of `subject`, which is exceeded once `threshold` events were counted.
    #[must_use]
    pub fn new(name: &'static str, subject: &str, threshold: u32) -> Self {
        Self { name, subject: subject.to_owned(), threshold }
    }
}

/// No count reaches this.
const UNLIMITED: i64 = 1 << 50;

impl Limiter {
    /// Returns the name of a counter that has reached its threshold.
    pub async fn exceeded(
        &self,
        counters: &[Counter],
        window: Duration,
    ) -> Result<Option<&'static str>, Refusal> {
        if counters.is_empty() {
            return Ok(None);
        }
        // An amount of zero counts nothing and is refused above the maximum.
        match self.budgets(counters, window, 0, |counter| i64::from(counter.threshold) - 1).await? {
            Charged::Taken { .. } => Ok(None),
            Charged::Refused { index, .. } => Ok(counters.get(index).map(|counter| counter.name)),
        }
    }

    /// Counts one event.
    pub async fn count(&self, counters: &[Counter], window: Duration) -> Result<(), Refusal> {
        self.budgets(counters, window, 1, |_| UNLIMITED).await.map(drop)
    }

    /// Sets a counter to zero. A failure is logged.
    pub async fn reset(&self, counter: &Counter) {
        let rule = Rule::Budget { window: 1, max: UNLIMITED, amount: 0 };
        let key = self.named(counter.name, &counter.subject, rule).charge.key;
        self.give_back(&[Return::Clear { key }]).await;
    }

    /// Marks `subject` as used for `lifetime`. Returns `None` if it was marked already; otherwise a guard that removes
    /// the mark unless it is kept.
    pub async fn use_once(
        &self,
        name: &'static str,
        subject: &str,
        lifetime: Duration,
    ) -> Result<Option<Guard>, Refusal> {
        let rule = Rule::Rate { interval: micros(lifetime).max(1), burst: 1 };
        let named = self.named(name, subject, rule);
        let (charge, at) = (named.charge.clone(), self.now());
        match self.charge(&[named], at).await {
            Ok(_) => Ok(Some(self.refund_unless_kept(vec![charge], at))),
            Err(Refusal::RateLimited { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn budgets(
        &self,
        counters: &[Counter],
        window: Duration,
        amount: i64,
        max: impl Fn(&Counter) -> i64,
    ) -> Result<Charged, Refusal> {
        let rule = |counter: &Counter| Rule::Budget { window: micros(window), max: max(counter), amount };
        let named = counters.iter().map(|counter| self.named(counter.name, &counter.subject, rule(counter)));
        self.try_charge(&named.collect::<Vec<_>>(), self.now()).await
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::super::limiter::tests::limiter;
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    #[tokio::test]
    async fn a_counter_is_exceeded_at_its_threshold_and_can_be_reset() {
        let (limits, clock) = limiter();
        let counters = [Counter::new("a", "x", 3), Counter::new("b", "x", 5)];
        for _ in 0..3 {
            assert_eq!(limits.exceeded(&counters, HOUR).await.unwrap(), None);
            limits.count(&counters, HOUR).await.unwrap();
        }
        assert_eq!(limits.exceeded(&counters, HOUR).await.unwrap(), Some("a"));
        assert_eq!(limits.exceeded(&[Counter::new("a", "y", 3)], HOUR).await.unwrap(), None);
        limits.reset(&counters[0]).await;
        assert_eq!(limits.exceeded(&counters, HOUR).await.unwrap(), None);
        for _ in 0..2 {
            limits.count(&counters, HOUR).await.unwrap();
        }
        assert_eq!(limits.exceeded(&counters, HOUR).await.unwrap(), Some("b"));
        clock.advance(TimeDelta::hours(1));
        assert_eq!(limits.exceeded(&counters, HOUR).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_mark_is_given_once_until_it_expires() {
        let (limits, clock) = limiter();
        let mark = limits.use_once("t", "x", HOUR).await.unwrap().unwrap();
        assert!(limits.use_once("t", "x", HOUR).await.unwrap().is_none());
        mark.give_back().await;
        limits.use_once("t", "x", HOUR).await.unwrap().unwrap().keep();
        clock.advance(TimeDelta::minutes(59));
        assert!(limits.use_once("t", "x", HOUR).await.unwrap().is_none());
        assert!(limits.use_once("t", "y", HOUR).await.unwrap().is_some());
        clock.advance(TimeDelta::minutes(1));
        assert!(limits.use_once("t", "x", HOUR).await.unwrap().is_some());
    }
}
