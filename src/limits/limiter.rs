//! Charges limits by name. `send.rs`, `login.rs` and `service.rs` define the actions that several limits apply to; the
//! actions with a single rate are defined here.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::config::limits::{LimitSettings, Rate};
use crate::core::clock::{Clock, Instant};
use crate::core::guard::Guard;
use crate::core::secret::{Digester, MasterKey};
use crate::ephemeral::{Charge, Charged, Ephemeral, Return, Rule, micros};
use crate::outcome::Refusal;

/// Counts attempts and refuses those that exceed a limit. Cheap to clone.
///
/// `network` is the value of [`crate::core::client::Client::network`]. All methods return [`Refusal::RateLimited`] when
/// a limit is exhausted (nothing is charged then), and [`Refusal::Unavailable`] when the store cannot be reached.
#[derive(Clone)]
pub struct Limiter {
    store: Ephemeral,
    digester: Digester,
    clock: Clock,
    pub(super) settings: LimitSettings,
}

/// What a change of an account is about. Each kind is counted separately: somebody who changes a nickname all day must
/// still be able to change the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    Password,
    Contact,
    Profile,
    Deletion,
    Export,
    Provider,
    Merge,
}

impl ChangeKind {
    fn action(self) -> &'static str {
        match self {
            Self::Password => "account_change.password",
            Self::Contact => "account_change.contact",
            Self::Profile => "account_change.profile",
            Self::Deletion => "account_change.deletion",
            Self::Export => "account_change.export",
            Self::Provider => "account_change.provider",
            Self::Merge => "account_change.merge",
        }
    }
}

/// A charge with the name of its limit.
pub(super) struct Named {
    pub(super) action: &'static str,
    pub(super) charge: Charge,
}

impl Limiter {
    #[must_use]
    pub fn new(store: Ephemeral, master: &MasterKey, clock: Clock, settings: LimitSettings) -> Self {
        Self { store, digester: master.digester("limits"), clock, settings }
    }

    /// Charges an attempt to register.
    pub async fn register(&self, network: &str) -> Result<(), Refusal> {
        self.rate("register", self.settings.register, network).await
    }

    /// Charges an attempt to redeem a code.
    pub async fn redeem(&self, network: &str) -> Result<(), Refusal> {
        self.rate("redeem", self.settings.redeem, network).await
    }

    /// Charges a step of a social sign-in.
    pub async fn social(&self, network: &str) -> Result<(), Refusal> {
        self.rate("social", self.settings.social, network).await
    }

    /// Charges the refresh of a session.
    pub async fn refresh(&self, network: &str) -> Result<(), Refusal> {
        self.rate("refresh", self.settings.refresh, network).await
    }

    /// Charges a query for the availability of a name or address.
    pub async fn availability(&self, network: &str) -> Result<(), Refusal> {
        self.rate("availability", self.settings.availability, network).await
    }

    /// Charges a change of an account by its owner, which may cost a message. Call this after the owner was
    /// verified: otherwise a thief without the password could exhaust the owner's limit.
    pub async fn account_change(&self, kind: ChangeKind, account: &str) -> Result<(), Refusal> {
        self.rate(kind.action(), self.settings.account_changes, account).await
    }

    /// Charges the revocation of all other sessions. It is counted per session that asks, so that a thief's session
    /// cannot keep the owner's session from revoking it.
    pub async fn revoke_others(&self, session: &str) -> Result<(), Refusal> {
        self.rate("revoke_others", self.settings.account_changes, session).await
    }

    /// Charges a query for a delivery status.
    pub async fn delivery_status(&self, network: &str) -> Result<(), Refusal> {
        self.rate("delivery_status", self.settings.delivery_status, network).await
    }

    async fn rate(&self, action: &'static str, rate: Rate, subject: &str) -> Result<(), Refusal> {
        let charge = self.named(action, subject, rule(rate));
        self.charge(&[charge], self.clock.now()).await.map(drop)
    }

    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Builds the charge of the limit `action` for `subject`, which only enters the key as a keyed digest.
    pub(super) fn named(&self, action: &'static str, subject: &str, rule: Rule) -> Named {
        let digest = URL_SAFE_NO_PAD.encode(self.digester.digest(&[action, subject]));
        Named { action, charge: Charge { key: format!("limit:{action}:{digest}"), rule } }
    }

    /// Charges all limits or none. Returns the moment from which the same list can be charged again.
    pub(super) async fn charge(&self, limits: &[Named], now: Instant) -> Result<Instant, Refusal> {
        match self.try_charge(limits, now).await? {
            Charged::Taken { next_at } => Ok(next_at),
            Charged::Refused { index, retry_at } => {
                let limit = limits.get(index).map_or("", |named| named.action);
                Err(Refusal::RateLimited { limit, retry_at })
            }
        }
    }

    /// As [`Limiter::charge`], but an exhausted limit is not an error.
    pub(super) async fn try_charge(&self, limits: &[Named], now: Instant) -> Result<Charged, Refusal> {
        let charges: Vec<Charge> = limits.iter().map(|named| named.charge.clone()).collect();
        self.store.charge(&charges, now).await.map_err(|error| {
            tracing::debug!(%error, "limits could not be charged");
            Refusal::Unavailable("limits".into())
        })
    }

    /// Builds a guard that refunds `charges`, which were taken at `at`, unless it is kept.
    pub(super) fn refund_unless_kept(&self, charges: Vec<Charge>, at: Instant) -> Guard {
        let limiter = self.clone();
        Guard::new(async move {
            let returns: Vec<Return> =
                charges.into_iter().map(|charge| Return::Refund { charge, at }).collect();
            limiter.give_back(&returns).await;
        })
    }

    /// Returns charges. A failure is only logged: the user has to wait, but nothing else is affected.
    pub(super) async fn give_back(&self, returns: &[Return]) {
        if let Err(error) = self.store.give_back(returns, self.clock.now()).await {
            tracing::warn!(%error, "charges of limits could not be refunded");
        }
    }
}

/// Converts a configured rate to the rule that the store applies.
pub(super) fn rule(rate: Rate) -> Rule {
    let interval = (micros(rate.period) / i64::from(rate.count.max(1))).max(1);
    Rule::Rate { interval, burst: rate.count.into() }
}

#[cfg(test)]
pub(super) mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::config::reader::{Reader, Source};
    use crate::core::random::Random;

    pub(in super::super) fn limiter() -> (Limiter, Clock) {
        let clock = Clock::manual(Instant::from_timestamp_micros(1_800_000_000_000_000).unwrap());
        let settings = LimitSettings::read(&mut Reader::new(Source::default()));
        let master = MasterKey::generate(&Random::seeded(1));
        (Limiter::new(Ephemeral::memory(), &master, clock.clone(), settings), clock)
    }

    /// Returns the limit that refused and when to retry; `None` when nothing refused.
    pub(in super::super) fn limited<T>(result: Result<T, Refusal>) -> Option<(&'static str, Instant)> {
        result.err().map(|refusal| {
            let Refusal::RateLimited { limit, retry_at } = refusal else { panic!("{refusal}") };
            (limit, retry_at)
        })
    }

    #[tokio::test]
    async fn rates_are_counted_per_action_and_network() {
        let (limits, clock) = limiter();
        for _ in 0..20 {
            assert_eq!(limited(limits.register("192.0.2.1").await), None);
        }
        let until = clock.now() + TimeDelta::minutes(3);
        assert_eq!(limited(limits.register("192.0.2.1").await), Some(("register", until)));
        assert_eq!(limited(limits.register("192.0.2.2").await), None);
        assert_eq!(limited(limits.redeem("192.0.2.1").await), None);
        clock.advance(TimeDelta::minutes(3));
        assert_eq!(limited(limits.register("192.0.2.1").await), None);
    }
}
