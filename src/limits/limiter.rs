//! Charges limits by name. What each action costs stands in `send.rs`, `login.rs` and, for those with one rate, here.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::error::LimitError;
use crate::config::limits::{LimitSettings, Rate};
use crate::core::clock::{Clock, Instant};
use crate::core::secret::{Digester, MasterKey};
use crate::ephemeral::{Charge, Charged, Ephemeral, Return, Rule, micros};

/// Keeps count of who does what how often. Cheap to clone. `network` is what [`crate::core::client::Client::network`]
/// says.
#[derive(Clone)]
pub struct Limiter {
    store: Ephemeral,
    digester: Digester,
    clock: Clock,
    pub(super) settings: LimitSettings,
}

/// What a change of an account is about. Each kind is counted by itself: who changes the names of an account all day
/// does not keep its owner from changing the password.
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

/// One limit of an action, under its name.
pub(super) struct Named {
    pub(super) action: &'static str,
    pub(super) charge: Charge,
}

impl Limiter {
    #[must_use]
    pub fn new(store: Ephemeral, master: &MasterKey, clock: Clock, settings: LimitSettings) -> Self {
        Self { store, digester: master.digester("limits"), clock, settings }
    }

    /// A try to register.
    pub async fn register(&self, network: &str) -> Result<(), LimitError> {
        self.rate("register", self.settings.register, network).await
    }

    /// A code that is tried.
    pub async fn redeem(&self, network: &str) -> Result<(), LimitError> {
        self.rate("redeem", self.settings.redeem, network).await
    }

    /// A social sign-in that is begun or carried on.
    pub async fn social(&self, network: &str) -> Result<(), LimitError> {
        self.rate("social", self.settings.social, network).await
    }

    /// A session that is refreshed.
    pub async fn refresh(&self, network: &str) -> Result<(), LimitError> {
        self.rate("refresh", self.settings.refresh, network).await
    }

    /// A question whether a name or address is free.
    pub async fn availability(&self, network: &str) -> Result<(), LimitError> {
        self.rate("availability", self.settings.availability, network).await
    }

    /// A change of an account by its owner. Each may cost a message. To be charged when the owner is proven, or a thief
    /// without the password could use up what the owner has.
    pub async fn account_change(&self, kind: ChangeKind, account: &str) -> Result<(), LimitError> {
        self.rate(kind.action(), self.settings.account_changes, account).await
    }

    /// The end of all sessions but one, which asks for it. Counted by that session: a thief in another one must not keep
    /// the owner from ending it.
    pub async fn revoke_others(&self, session: &str) -> Result<(), LimitError> {
        self.rate("revoke_others", self.settings.account_changes, session).await
    }

    /// A question how a message fares.
    pub async fn delivery_status(&self, network: &str) -> Result<(), LimitError> {
        self.rate("delivery_status", self.settings.delivery_status, network).await
    }

    async fn rate(&self, action: &'static str, rate: Rate, network: &str) -> Result<(), LimitError> {
        let charge = self.named(action, network, rule(rate));
        self.charge(&[charge], self.clock.now()).await.map(drop)
    }

    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// The limit `action` of `subject`, who cannot be read out of its key.
    pub(super) fn named(&self, action: &'static str, subject: &str, rule: Rule) -> Named {
        let digest = URL_SAFE_NO_PAD.encode(self.digester.digest(&[action, subject]));
        Named { action, charge: Charge { key: format!("limit:{action}:{digest}"), rule } }
    }

    /// Charges all or none; the answer is the moment from which on the same could be charged again.
    pub(super) async fn charge(&self, limits: &[Named], now: Instant) -> Result<Instant, LimitError> {
        let charges: Vec<Charge> = limits.iter().map(|named| named.charge.clone()).collect();
        match self.store.charge(&charges, now).await {
            Ok(Charged::Taken { next_at }) => Ok(next_at),
            Ok(Charged::Refused { index, retry_at }) => {
                let action = limits.get(index).map_or("", |named| named.action);
                Err(LimitError::Limited { action, retry_at })
            }
            Err(error) => {
                tracing::debug!(%error, "limits could not be charged");
                Err(LimitError::Unavailable)
            }
        }
    }

    /// Gives back. A failure is logged: it costs somebody a wait, and no more.
    pub(super) async fn give_back(&self, returns: &[Return]) {
        if let Err(error) = self.store.give_back(returns, self.clock.now()).await {
            tracing::warn!(%error, "limits could not be given back");
        }
    }
}

/// A rate as the store counts it.
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

    /// Until when and by which limit an action is held; `None`: it passed.
    pub(in super::super) fn held<T>(answer: Result<T, LimitError>) -> Option<(&'static str, Instant)> {
        answer.err().map(|error| match error {
            LimitError::Limited { action, retry_at } => (action, retry_at),
            LimitError::Unavailable => panic!("memory is always there"),
        })
    }

    #[tokio::test]
    async fn a_rate_is_counted_by_action_and_network() {
        let (limits, clock) = limiter();
        for _ in 0..20 {
            assert_eq!(held(limits.register("192.0.2.1").await), None);
        }
        let until = clock.now() + TimeDelta::minutes(3);
        assert_eq!(held(limits.register("192.0.2.1").await), Some(("register", until)));
        assert_eq!(held(limits.register("192.0.2.2").await), None);
        assert_eq!(held(limits.redeem("192.0.2.1").await), None);
        clock.advance(TimeDelta::minutes(3));
        assert_eq!(held(limits.register("192.0.2.1").await), None);
    }
}
