//! The limits of sending codes.

use std::time::Duration;

use super::limiter::{Limiter, Named, rule};
use crate::config::limits::Rate;
use crate::core::clock::Instant;
use crate::core::guard::Guard;
use crate::ephemeral::{Rule, micros};
use crate::outcome::Refusal;

/// The channel of a message, as far as its price is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// To a mobile number of a region (ISO 3166), which decides the price.
    Sms {
        region: &'static str,
    },
    Email,
}

/// The charge for one message.
pub struct SendCharge {
    /// From when on the next message to the same destination can be requested.
    pub resend_at: Instant,
    /// Refunds the charge unless kept: a message that is not sent costs nothing.
    pub guard: Guard,
}

const DAY: Duration = Duration::from_secs(86_400);

impl Limiter {
    /// Charges one message to the destination `key`, requested by `network`: the limits of the destination and of the
    /// network, and the daily budgets of messages and money.
    pub async fn send(&self, channel: Channel, key: &str, network: &str) -> Result<SendCharge, Refusal> {
        let now = self.now();
        let settings = &self.settings;
        let interval = Rate { count: 1, period: settings.send_interval };
        let mut limits = vec![
            self.named("send.interval", key, rule(interval)),
            self.named("send.destination", key, rule(settings.send_destination)),
            self.named("send.network", network, rule(settings.send_network)),
        ];
        match channel {
            Channel::Sms { region } => {
                let price = settings.price(region).0;
                limits.push(self.daily("send.sms_budget", settings.sms_daily_budget, 1));
                limits.push(self.daily("send.sms_money", settings.sms_daily_money.0, price));
            }
            Channel::Email => limits.push(self.daily("send.email_budget", settings.email_daily_budget, 1)),
        }
        match self.charge(&limits, now).await {
            Ok(resend_at) => {
                let charges = limits.into_iter().map(|named| named.charge).collect();
                Ok(SendCharge { resend_at, guard: self.refund_unless_kept(charges, now) })
            }
            Err(refusal) => {
                if let Refusal::RateLimited {
                    limit: limit @ ("send.sms_budget" | "send.sms_money" | "send.email_budget"),
                    ..
                } = refusal
                {
                    tracing::warn!(limit, "the daily budget is exhausted: no code is sent");
                }
                Err(refusal)
            }
        }
    }

    fn daily(&self, action: &'static str, max: u64, amount: u64) -> Named {
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        self.named(action, "", Rule::Budget { window: micros(DAY), max: number(max), amount: number(amount) })
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::super::limiter::tests::{limited, limiter};
    use super::*;
    use crate::config::limits::{Money, RegionPrice};

    const CHINA: Channel = Channel::Sms { region: "CN" };

    /// Sends a message and keeps the charge. Returns when the next one can be requested.
    async fn send(limits: &Limiter, channel: Channel, key: &str, network: &str) -> Result<Instant, Refusal> {
        let charge = limits.send(channel, key, network).await?;
        charge.guard.keep();
        Ok(charge.resend_at)
    }

    #[tokio::test]
    async fn a_destination_gets_one_message_per_minute_and_ten_per_day() {
        let (limits, clock) = limiter();
        let start = clock.now();
        for n in 0..10 {
            let network = format!("192.0.2.{n}");
            let resend_at = send(&limits, CHINA, "a", &network).await.unwrap();
            if n < 9 {
                assert_eq!(resend_at, clock.now() + TimeDelta::seconds(60));
                let refused = limited(send(&limits, CHINA, "a", &network).await);
                assert_eq!(refused, Some(("send.interval", resend_at)));
            }
            clock.advance(TimeDelta::seconds(60));
        }
        let until = start + TimeDelta::minutes(144);
        let refused = limited(send(&limits, CHINA, "a", "192.0.2.99").await);
        assert_eq!(refused, Some(("send.destination", until)));
        assert_eq!(limited(send(&limits, CHINA, "b", "192.0.2.99").await), None);
    }

    #[tokio::test]
    async fn a_network_gets_twenty_messages_per_hour() {
        let (limits, _) = limiter();
        for n in 0..20 {
            assert_eq!(limited(send(&limits, Channel::Email, &n.to_string(), "192.0.2.1").await), None);
        }
        let refused = limited(send(&limits, Channel::Email, "20", "192.0.2.1").await);
        assert_eq!(refused.map(|(limit, _)| limit), Some("send.network"));
    }

    #[tokio::test]
    async fn messages_and_money_have_daily_budgets() {
        let (mut limits, clock) = limiter();
        limits.settings.sms_daily_budget = 3;
        limits.settings.sms_daily_money = Money(10);
        limits.settings.sms_prices = vec![RegionPrice { region: "US".into(), price: Money(9) }];
        limits.settings.sms_price = Money(1);
        let midnight = clock.now().date_naive().succ_opt().unwrap().and_hms_opt(0, 0, 0).unwrap().and_utc();
        assert_eq!(limited(send(&limits, Channel::Sms { region: "US" }, "a", "n").await), None);
        let expensive = limited(send(&limits, Channel::Sms { region: "US" }, "b", "n").await);
        assert_eq!(expensive, Some(("send.sms_money", midnight)));
        assert_eq!(limited(send(&limits, CHINA, "b", "n").await), None);
        limits.settings.sms_daily_money = Money(100);
        assert_eq!(limited(send(&limits, CHINA, "c", "n").await), None);
        assert_eq!(limited(send(&limits, CHINA, "d", "n").await), Some(("send.sms_budget", midnight)));
        assert_eq!(limited(send(&limits, Channel::Email, "d", "n").await), None);
        clock.advance(midnight - clock.now());
        assert_eq!(limited(send(&limits, CHINA, "d2", "n").await), None);
    }

    #[tokio::test]
    async fn a_refund_allows_the_next_message_at_once() {
        let (mut limits, _) = limiter();
        limits.settings.sms_daily_budget = 1;
        for _ in 0..30 {
            let charge = limits.send(CHINA, "a", "n").await.unwrap();
            charge.guard.give_back().await;
        }
    }
}
