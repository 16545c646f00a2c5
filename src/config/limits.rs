//! Rate limits, budgets and delays.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::reader::Reader;
use super::sms_guard::SmsGuardSettings;

/// Rate limits, budgets and delays. `network` means one client address (IPv6: its /64).
#[derive(Clone, Debug)]
pub struct LimitSettings {
    /// The minimum time between two codes to the same address.
    pub send_interval: Duration,
    pub send_destination: Rate,
    pub send_network: Rate,
    /// SMS messages per UTC day, for all destinations.
    pub sms_daily_budget: u64,
    pub email_daily_budget: u64,
    /// The budget for SMS per UTC day.
    pub sms_daily_money: Money,
    /// The price of an SMS to a region that is not in `sms_prices`.
    pub sms_price: Money,
    pub sms_prices: Vec<RegionPrice>,
    pub sms_guard: SmsGuardSettings,
    /// Failed logins without a delay: per account (or per device known to it), and per network.
    pub login_free: u32,
    pub login_network_free: u32,
    /// The first delay. Each further failure doubles it.
    pub login_first_delay: Duration,
    pub login_longest_delay: Duration,
    /// Failures are reset this long after the last delay has ended.
    pub login_forget: Duration,
    pub register: Rate,
    pub redeem: Rate,
    /// Steps of social sign-ins, per client address.
    pub social: Rate,
    /// Refreshed sessions, per client address.
    pub refresh: Rate,
    pub availability: Rate,
    /// Per account and kind of change.
    pub account_changes: Rate,
    pub delivery_status: Rate,
    /// Failed authentications per service, network and gateway.
    pub service_failures: Rate,
}

/// A rate such as `20/1h`: this many at once, and as many evenly distributed over the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub count: u32,
    pub period: Duration,
}

/// An amount of money, in ten-thousandths of the currency unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money(pub u64);

/// The price of an SMS to a region: `CN=0.05`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionPrice {
    /// The ISO 3166 code in upper case.
    pub region: String,
    pub price: Money,
}

/// A limit that nobody reaches and that Lua numbers can represent.
const MOST: u64 = 1_000_000_000_000;
const LONGEST_PERIOD: Duration = Duration::from_secs(30 * 86_400);

impl LimitSettings {
    /// Reads the section.
    pub fn read(reader: &mut Reader) -> Self {
        let settings = Self {
            send_interval: reader.duration(
                "limits.send_interval",
                "60s",
                "The minimum time between two codes to the same address, for any purpose.",
            ),
            send_destination: reader.value("limits.send_destination", "10/1d", "Codes to one address."),
            send_network: reader.value(
                "limits.send_network",
                "20/1h",
                "Codes requested from one client address.",
            ),
            sms_daily_budget: reader.value(
                "limits.sms_daily_budget",
                "10000",
                "SMS messages per UTC day. When they are used up, no more are sent.",
            ),
            email_daily_budget: reader.value(
                "limits.email_daily_budget",
                "50000",
                "E-mails with codes per UTC day. When they are used up, no more are sent.",
            ),
            sms_daily_money: reader.value(
                "limits.sms_daily_money",
                "1000",
                "The budget for SMS per UTC day, in the currency of the prices. When it is used up, no more are sent.",
            ),
            sms_price: reader.value(
                "limits.sms_price",
                "0.5",
                "The price of an SMS to a region that is not in `limits.sms_prices`.",
            ),
            sms_prices: reader.list("limits.sms_prices", "CN=0.05", "Prices of an SMS per region."),
            sms_guard: SmsGuardSettings::read(reader),
            login_free: reader.value(
                "limits.login_free",
                "5",
                "Failed logins of an account before delays begin.",
            ),
            login_network_free: reader.value(
                "limits.login_network_free",
                "20",
                "Failed logins from a client address before delays begin.",
            ),
            login_first_delay: reader.duration(
                "limits.login_first_delay",
                "30s",
                "The first delay. Each further failure doubles it.",
            ),
            login_longest_delay: reader.duration("limits.login_longest_delay", "1h", "The longest delay."),
            login_forget: reader.duration(
                "limits.login_forget",
                "1d",
                "Failed logins are reset this long after the last delay.",
            ),
            register: reader.value(
                "limits.register",
                "20/1h",
                "Attempts to register from one client address.",
            ),
            redeem: reader.value("limits.redeem", "60/1h", "Attempts to redeem a code from one client address."),
            social: reader.value(
                "limits.social",
                "120/10m",
                "Steps of social sign-ins from one client address.",
            ),
            refresh: reader.value("limits.refresh", "120/1m", "Sessions refreshed from one client address."),
            availability: reader.value(
                "limits.availability",
                "30/1m",
                "Availability queries from one client address.",
            ),
            account_changes: reader.value(
                "limits.account_changes",
                "20/1d",
                "Changes of one account by its owner. Password, contacts, names, linked providers, merges, deletion and export count separately.",
            ),
            delivery_status: reader.value(
                "limits.delivery_status",
                "60/1m",
                "Queries for a delivery status from one client address.",
            ),
            service_failures: reader.value(
                "limits.service_failures",
                "30/1m",
                "Failed authentications of one service from one client address, counted per gateway.",
            ),
        };
        settings.check(reader);
        settings
    }

    /// Returns the price of an SMS to `region`.
    #[must_use]
    pub fn price(&self, region: &str) -> Money {
        let named = self.sms_prices.iter().find(|named| named.region == region);
        named.map_or(self.sms_price, |named| named.price)
    }

    fn check(&self, reader: &mut Reader) {
        if self.send_interval.is_zero() || self.send_interval > Duration::from_secs(3_600) {
            reader.error("limits.send_interval", "must be 1ms to 1h");
        }
        for (key, budget) in [
            ("limits.sms_daily_budget", self.sms_daily_budget),
            ("limits.email_daily_budget", self.email_daily_budget),
        ] {
            if !(1..=MOST).contains(&budget) {
                reader.error(key, "must be at least 1: otherwise nothing could be sent");
            }
        }
        let dearest = self.sms_prices.iter().map(|named| named.price).chain([self.sms_price]).max();
        if dearest > Some(self.sms_daily_money) {
            reader.error("limits.sms_daily_money", "must be at least the price of one SMS");
        }
        for (key, free) in
            [("limits.login_free", self.login_free), ("limits.login_network_free", self.login_network_free)]
        {
            if !(1..=1_000).contains(&free) {
                reader.error(key, "must be 1 to 1000");
            }
        }
        if self.login_first_delay.is_zero() || self.login_first_delay > self.login_longest_delay {
            reader.error(
                "limits.login_first_delay",
                "must be more than 0 and at most `limits.login_longest_delay`",
            );
        }
        if self.login_longest_delay > Duration::from_secs(86_400) {
            reader.error(
                "limits.login_longest_delay",
                "must be at most 1d: otherwise a stranger could lock out a user",
            );
        }
        if self.login_forget < self.login_longest_delay || self.login_forget > LONGEST_PERIOD {
            reader.error(
                "limits.login_forget",
                "must be at least `limits.login_longest_delay` and at most 30d",
            );
        }
    }
}

impl FromStr for Rate {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected a count and a period of at most 30d, such as 20/1h";
        let (count, period) = text.split_once('/').ok_or(EXPECTED)?;
        let unit = period.chars().last().ok_or(EXPECTED)?;
        let seconds: u64 = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => return Err(EXPECTED),
        };
        let count = whole(count.trim()).and_then(|n| u32::try_from(n).ok()).ok_or(EXPECTED)?;
        let number = whole(period[..period.len() - 1].trim()).ok_or(EXPECTED)?;
        let period = Duration::from_secs(number.checked_mul(seconds).ok_or(EXPECTED)?);
        if !(1..=1_000_000).contains(&count) || period.is_zero() || period > LONGEST_PERIOD {
            return Err(EXPECTED);
        }
        Ok(Self { count, period })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}s", self.count, self.period.as_secs())
    }
}

impl FromStr for Money {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected an amount with at most four decimals, such as 0.05";
        let (units, decimals) = text.split_once('.').unwrap_or((text, "0"));
        if decimals.len() > 4 {
            return Err(EXPECTED);
        }
        let decimals = whole(&format!("{decimals:0<4}")).filter(|_| !decimals.is_empty()).ok_or(EXPECTED)?;
        let units = whole(units).and_then(|units| units.checked_mul(10_000)).ok_or(EXPECTED)?;
        units.checked_add(decimals).filter(|money| *money <= MOST).map(Self).ok_or(EXPECTED)
    }
}

impl FromStr for RegionPrice {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected a region and a price, such as CN=0.05";
        let (region, price) = text.split_once('=').ok_or(EXPECTED)?;
        let region = region.trim();
        if region.len() != 2 || !region.chars().all(|c| c.is_ascii_uppercase()) {
            return Err(EXPECTED);
        }
        Ok(Self { region: region.to_owned(), price: price.trim().parse()? })
    }
}

/// Accepts digits only: the standard parser also accepts a sign.
fn whole(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::reader::Source;

    fn read(variables: &[(&str, &str)]) -> (LimitSettings, Vec<String>) {
        let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut reader = Reader::new(Source::from_variables(owned));
        let settings = LimitSettings::read(&mut reader);
        (settings, reader.finish().1)
    }

    #[test]
    fn the_defaults_are_valid() {
        let (settings, errors) = read(&[]);
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(settings.send_network, Rate { count: 20, period: Duration::from_secs(3_600) });
        assert_eq!(settings.price("CN"), Money(500));
        assert_eq!(settings.price("US"), Money(5_000));
    }

    #[test]
    fn values_that_lock_everyone_out_are_errors() {
        for (name, value) in [
            ("MENJIN_LIMITS_SEND_INTERVAL", "2h"),
            ("MENJIN_LIMITS_SMS_DAILY_BUDGET", "0"),
            ("MENJIN_LIMITS_SMS_DAILY_MONEY", "0.4999"),
            ("MENJIN_LIMITS_LOGIN_FREE", "0"),
            ("MENJIN_LIMITS_LOGIN_FIRST_DELAY", "2h"),
            ("MENJIN_LIMITS_LOGIN_FORGET", "59m"),
            ("MENJIN_LIMITS_REGISTER", "0/1h"),
            ("MENJIN_LIMITS_SMS_PRICES", "cn=1"),
        ] {
            assert_eq!(read(&[(name, value)]).1.len(), 1, "{name}={value}");
        }
    }

    #[test]
    fn rates_and_money_are_read_strictly() {
        for text in
            ["", "20", "20/", "/1h", "0/1h", "20/0h", "+20/1h", "-1/1h", "20/1w", "20/h", "20/31d", "1/1時"]
        {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
        for (text, money) in [("0", 0), ("1", 10_000), ("0.05", 500), ("12.3456", 123_456)] {
            assert_eq!(text.parse(), Ok(Money(money)));
        }
        for text in ["", ".", "1.", ".5", "-1", "+1", "1.23456", "1.2.3", "1,5", "99999999999999999999"] {
            assert!(text.parse::<Money>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn parsing_any_text_does_not_panic(text in "\\PC{0,12}") {
            let _ = (text.parse::<Rate>().is_ok(), text.parse::<Money>().is_ok(), text.parse::<RegionPrice>().is_ok());
        }

        #[test]
        fn rates_round_trip(count in 1_u32..=1_000_000, seconds in 1_u64..=2_592_000) {
            let rate = Rate { count, period: Duration::from_secs(seconds) };
            prop_assert_eq!(rate.to_string().parse(), Ok(rate));
        }
    }
}
