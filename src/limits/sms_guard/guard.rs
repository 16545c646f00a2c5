//! The protection of the SMS budget. Counters in the database hold it across gateways and restarts of Redis.
//!
//! Strangers cannot use the whole budget: a share is reserved for numbers of existing accounts and for known devices, which
//! therefore receive codes during an attack too.

use chrono::{NaiveTime, TimeDelta};

use super::super::limiter::{Limiter, rule};
use super::conversion::{self, Conversion};
use crate::config::limits::Rate;
use crate::core::client::Client;
use crate::core::clock::Instant;
use crate::core::contact::Contact;
use crate::core::guard::Guard;
use crate::core::secret::hex;
use crate::db::Db;
use crate::db::models::User;
use crate::db::sms_counters::SmsCap;
use crate::outcome::Refusal;

/// Decides whether a message is sent to a number. Cheap to clone.
#[derive(Clone)]
pub struct SmsGuard {
    db: Db,
    limits: Limiter,
}

/// The destination of an SMS. No `Debug`: it contains a mobile number.
#[derive(Clone, Copy)]
pub struct SmsTarget<'a> {
    pub contact: &'a Contact,
    /// The number without its last four digits.
    pub prefix: &'a str,
    /// ISO 3166: decides the price.
    pub region: &'static str,
}

/// What is known about a request for a message.
#[must_use = "dropped without `keep`, the message of a stopped prefix is refunded"]
pub struct SmsRisk {
    /// The number belongs to an account, or the request comes from a known device.
    pub known: bool,
    /// Few of the codes for this prefix were used: the request needs a captcha.
    pub doubtful: bool,
    /// The one message per period that a stopped prefix has.
    trickle: Option<Guard>,
}

impl SmsRisk {
    /// The message was sent.
    pub fn keep(self) {
        if let Some(trickle) = self.trickle {
            trickle.keep();
        }
    }
}

const DAY: std::time::Duration = std::time::Duration::from_secs(86_400);

impl SmsGuard {
    #[must_use]
    pub fn new(db: Db, limits: Limiter) -> Self {
        Self { db, limits }
    }

    /// Assesses a request. Returns [`Refusal::RateLimited`] while messages to the prefix are stopped.
    pub async fn assess(&self, target: SmsTarget<'_>, client: &Client) -> Result<SmsRisk, Refusal> {
        if self.is_known(target, client).await? {
            return Ok(SmsRisk { known: true, doubtful: false, trickle: None });
        }
        match self.conversion(target.prefix).await? {
            Conversion::Good => Ok(SmsRisk { known: false, doubtful: false, trickle: None }),
            Conversion::Doubtful => Ok(SmsRisk { known: false, doubtful: true, trickle: None }),
            Conversion::Stopped => {
                let period = self.limits.settings.sms_guard.trickle;
                let rate = rule(Rate { count: 1, period });
                let named = self.limits.named("send.sms_prefix_stopped", target.prefix, rate);
                let (charge, at) = (named.charge.clone(), self.limits.now());
                self.limits.charge(&[named], at).await.inspect_err(|_| {
                    tracing::warn!(
                        prefix = target.prefix,
                        "few codes of this prefix are used: no message is sent"
                    );
                })?;
                let trickle = Some(self.limits.refund_unless_kept(vec![charge], at));
                Ok(SmsRisk { known: false, doubtful: true, trickle })
            }
        }
    }

    /// Charges one message to the daily budgets. The guard refunds it unless it is kept.
    pub async fn charge(&self, target: SmsTarget<'_>, known: bool) -> Result<Guard, Refusal> {
        let settings = &self.limits.settings;
        let money = number(settings.price(target.region).0);
        let share =
            |budget: u64| if known { budget } else { budget - budget * settings.sms_guard.reserve / 100 };
        let cap = |scope: String, messages: u64, money: u64| SmsCap {
            scope,
            max_messages: number(messages),
            max_money: number(money),
        };
        let prefix = if known { u64::MAX } else { settings.sms_guard.prefix_daily };
        let caps = [
            cap("total".into(), share(settings.sms_daily_budget), share(settings.sms_daily_money.0)),
            cap(format!("prefix:{}", target.prefix), prefix, u64::MAX),
            cap(format!("region:{}", target.region), u64::MAX, u64::MAX),
        ];
        let now = self.limits.now();
        let day = day_of(now);
        if let Some(refused) = self.db.charge_sms(day, &caps, money).await? {
            let limit = if refused == 0 { "send.sms_budget" } else { "send.sms_prefix" };
            let scope = caps.get(refused).map_or("", |cap| cap.scope.as_str());
            tracing::warn!(limit, scope, known, "the SMS budget of the day is used up: no message is sent");
            return Err(Refusal::RateLimited { limit, retry_at: day + TimeDelta::days(1) });
        }
        let db = self.db.clone();
        let scopes: Vec<String> = caps.into_iter().map(|cap| cap.scope).collect();
        Ok(Guard::new(async move {
            if let Err(error) = db.refund_sms(day, &scopes, money).await {
                tracing::warn!(%error, "an SMS that was not sent could not be refunded");
            }
        }))
    }

    /// Counts a code that was sent. A failure is logged.
    pub async fn sent(&self, prefix: &str) {
        self.count(prefix, 1, 0, self.limits.now()).await;
    }

    /// Counts a code that was used, in the background: the user does not wait for it, nor for a database that is
    /// unavailable. A failure is logged.
    pub fn used(&self, prefix: String) {
        let (guard, at) = (self.clone(), self.limits.now());
        tokio::spawn(async move { guard.count(&prefix, 0, 1, at).await });
    }

    async fn count(&self, prefix: &str, sent: i64, used: i64, at: Instant) {
        let (bucket, scope) = (conversion::bucket_of(at), conversion::scope(prefix));
        if let Err(error) = self.db.count_sms(bucket, &scope, sent, used).await {
            tracing::warn!(%error, "the use of codes could not be counted");
        }
    }

    async fn conversion(&self, prefix: &str) -> Result<Conversion, Refusal> {
        let settings = &self.limits.settings.sms_guard;
        let now = self.limits.now();
        let window = TimeDelta::from_std(settings.conversion_window).unwrap_or(TimeDelta::days(1));
        let rows = self.db.sms_counters(&conversion::scope(prefix), now - window).await?;
        let (sent, used) = conversion::totals(&rows, now);
        Ok(conversion::judge((sent, used), settings))
    }

    /// Whether the number belongs to an account, or the device has signed in to one and has not used up its messages.
    async fn is_known(&self, target: SmsTarget<'_>, client: &Client) -> Result<bool, Refusal> {
        // Both queries run for every number: the time of the response must not reveal whether an account has it.
        let owner = self.db.find_user_by_contact(target.contact).await?;
        let device = client.device_digest();
        let signed_in = match &device {
            Some(device) => self.db.device_has_signed_in(device).await?,
            None => false,
        };
        if owner.as_ref().is_some_and(User::is_active) {
            return Ok(true);
        }
        let Some(device) = device.filter(|_| signed_in) else { return Ok(false) };
        let daily = self.limits.settings.sms_guard.known_device_daily;
        let rate = rule(Rate { count: daily, period: DAY });
        let named = self.limits.named("send.sms_known_device", &hex(&device), rate);
        match self.limits.charge(&[named], self.limits.now()).await {
            Ok(_) => Ok(true),
            Err(Refusal::RateLimited { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Returns the start of the UTC day.
#[must_use]
pub fn day_of(at: Instant) -> Instant {
    at.date_naive().and_time(NaiveTime::MIN).and_utc()
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
