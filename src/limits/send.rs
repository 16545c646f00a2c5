//! What a message with a code is counted by.

use std::time::Duration;

use super::error::LimitError;
use super::limiter::{Limiter, Named, rule};
use crate::config::limits::Rate;
use crate::core::clock::Instant;
use crate::ephemeral::{Charge, Return, Rule, micros};

/// The way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// To a mobile number of a region (ISO 3166), which decides the price.
    Sms {
        region: &'static str,
    },
    Email,
}

/// What was charged for one message.
#[must_use]
pub struct SendCharge {
    /// From when on the next one may be asked for.
    pub resend_at: Instant,
    at: Instant,
    charges: Vec<Charge>,
}

const DAY: Duration = Duration::from_secs(86_400);

impl Limiter {
    /// Charges one message to the address `key`, asked for by `network`: the address, the network, and the day's
    /// budgets of messages and money.
    ///
    /// # Errors
    /// [`LimitError`]; then nothing was charged and nothing may be sent.
    pub async fn send(&self, channel: Channel, key: &str, network: &str) -> Result<SendCharge, LimitError> {
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
                Ok(SendCharge { resend_at, at: now, charges })
            }
            Err(error) => {
                if let LimitError::Limited {
                    action: action @ ("send.sms_budget" | "send.sms_money" | "send.email_budget"),
                    ..
                } = error
                {
                    tracing::warn!(action, "a budget of the day is used up: no code is sent");
                }
                Err(error)
            }
        }
    }

    /// Gives back what a message cost that was not sent after all.
    pub async fn refund_send(&self, charge: SendCharge) {
        let SendCharge { at, charges, .. } = charge;
        let returns: Vec<Return> = charges.into_iter().map(|charge| Return::Refund { charge, at }).collect();
        self.give_back(&returns).await;
    }

    fn daily(&self, action: &'static str, most: u64, amount: u64) -> Named {
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        self.named(
            action,
            "",
            Rule::Budget { window: micros(DAY), most: number(most), amount: number(amount) },
        )
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::super::limiter::tests::{held, limiter};
    use super::*;
    use crate::config::limits::{Money, RegionPrice};

    const CHINA: Channel = Channel::Sms { region: "CN" };

    #[tokio::test]
    async fn an_address_gets_one_message_a_minute_and_ten_a_day() {
        let (limits, clock) = limiter();
        let start = clock.now();
        for n in 0..10 {
            let network = format!("192.0.2.{n}");
            let charge = limits.send(CHINA, "a", &network).await.unwrap();
            if n < 9 {
                assert_eq!(charge.resend_at, clock.now() + TimeDelta::seconds(60));
                assert_eq!(
                    held(limits.send(CHINA, "a", &network).await),
                    Some(("send.interval", charge.resend_at))
                );
            }
            clock.advance(TimeDelta::seconds(60));
        }
        let until = start + TimeDelta::minutes(144);
        assert_eq!(held(limits.send(CHINA, "a", "192.0.2.99").await), Some(("send.destination", until)));
        assert_eq!(held(limits.send(CHINA, "b", "192.0.2.99").await), None);
    }

    #[tokio::test]
    async fn a_network_gets_twenty_messages_an_hour() {
        let (limits, _) = limiter();
        for n in 0..20 {
            assert_eq!(held(limits.send(Channel::Email, &n.to_string(), "192.0.2.1").await), None);
        }
        let answer = held(limits.send(Channel::Email, "20", "192.0.2.1").await);
        assert_eq!(answer.map(|(action, _)| action), Some("send.network"));
    }

    #[tokio::test]
    async fn the_day_has_a_budget_of_messages_and_of_money() {
        let (mut limits, clock) = limiter();
        limits.settings.sms_daily_budget = 3;
        limits.settings.sms_daily_money = Money(10);
        limits.settings.sms_prices = vec![RegionPrice { region: "US".into(), price: Money(9) }];
        limits.settings.sms_price = Money(1);
        let midnight = clock.now().date_naive().succ_opt().unwrap().and_hms_opt(0, 0, 0).unwrap().and_utc();
        assert_eq!(held(limits.send(Channel::Sms { region: "US" }, "a", "n").await), None);
        let dear = held(limits.send(Channel::Sms { region: "US" }, "b", "n").await);
        assert_eq!(dear, Some(("send.sms_money", midnight)));
        assert_eq!(held(limits.send(CHINA, "b", "n").await), None);
        limits.settings.sms_daily_money = Money(100);
        assert_eq!(held(limits.send(CHINA, "c", "n").await), None);
        assert_eq!(held(limits.send(CHINA, "d", "n").await), Some(("send.sms_budget", midnight)));
        assert_eq!(held(limits.send(Channel::Email, "d", "n").await), None);
        clock.advance(midnight - clock.now());
        assert_eq!(held(limits.send(CHINA, "d2", "n").await), None);
    }

    #[tokio::test]
    async fn a_refund_lets_the_next_message_out_at_once() {
        let (mut limits, _) = limiter();
        limits.settings.sms_daily_budget = 1;
        for _ in 0..30 {
            let charge = limits.send(CHINA, "a", "n").await.unwrap();
            limits.refund_send(charge).await;
        }
    }
}
