//! The lifecycle of keys: next (published, does not sign yet), active (signs), retiring (verifies what it signed), deleted.
//! The functions are pure: the steps follow from the keys, the time and the rules.
//!
//! Two delays make a rotation safe. A key is published for [`KeyRules::lead`] before it signs, so that services that cache
//! the keys know it by then. It is kept for [`KeyRules::linger`] after it was replaced: a gateway that has not read the
//! table yet may still sign with it, and such a token is valid for its whole lifetime.

use std::time::Duration;

use chrono::TimeDelta;

use crate::config::keys::{KeySettings, TokenAlgorithm};
use crate::config::sessions::SessionSettings;
use crate::core::clock::Instant;
use crate::core::secret::SecretString;
use crate::db::models::SigningKey;
use crate::db::types::KeyState;

/// The longest time between two reads of the keys while the database is available.
const LONGEST_VIEW: Duration = Duration::from_secs(60);

/// The rules of the rotation.
#[derive(Clone)]
pub struct KeyRules {
    pub(super) algorithm: TokenAlgorithm,
    pub(super) secret: Option<SecretString>,
    /// How long a key signs; `None` if only operators rotate the keys.
    pub(super) rotation: Option<TimeDelta>,
    /// How long services may cache the published keys.
    pub(super) max_age: Duration,
    /// The interval at which a gateway reads the table.
    pub(super) view: TimeDelta,
    /// How long a key is published before it signs.
    pub(super) lead: TimeDelta,
    /// How long a key is kept after it was replaced.
    pub(super) linger: TimeDelta,
}

impl KeyRules {
    /// Builds the rules from the settings.
    #[must_use]
    pub fn new(keys: &KeySettings, sessions: &SessionSettings) -> Self {
        let span = |length: Duration| TimeDelta::from_std(length).unwrap_or_default();
        // A gateway may publish an old view just before it reads the table again, and services cache it for `max_age`.
        let view = LONGEST_VIEW.min(keys.jwks_max_age / 2).max(Duration::from_secs(1));
        Self {
            algorithm: keys.algorithm,
            secret: keys.hs256_secret.clone(),
            rotation: (!keys.rotation.is_zero()).then(|| span(keys.rotation)),
            max_age: keys.jwks_max_age,
            view: span(view),
            lead: span(keys.jwks_max_age + view + sessions.leeway),
            linger: span(keys.jwks_max_age.max(view) + sessions.access_lifetime + sessions.leeway),
        }
    }
}

/// What an operator orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Nothing,
    /// Create the next key now.
    Rotate,
    /// Replace all keys at once: the old ones are compromised.
    Replace,
}

/// The result of an order to rotate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// The next key was created.
    Made,
    /// A next key with another algorithm than the configured one was replaced.
    Replaced,
    /// The next key was due and signs from now on.
    Activated,
    /// Nothing was done: there is a next key already.
    Waiting,
    /// A new key signs, and all others were deleted.
    AtOnce,
}

/// One step of a rotation. Keys are named by their `kid`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Create a key in this state. It signs from `activates_at` on.
    Make {
        state: KeyState,
        activates_at: Instant,
    },
    Activate {
        kid: String,
    },
    Retire {
        kid: String,
        until: Instant,
    },
    Delete {
        kid: String,
    },
}

fn in_state(keys: &[SigningKey], state: KeyState) -> Option<&SigningKey> {
    keys.iter().find(|key| key.state == state)
}

/// Returns the steps that are due, in their order. It is called again until there are none.
pub(super) fn plan(keys: &[SigningKey], now: Instant, rules: &KeyRules, order: Order) -> Vec<Step> {
    let delete = |key: &SigningKey| Step::Delete { kid: key.kid.clone() };
    let published = rules.algorithm != TokenAlgorithm::Hs256;
    if order == Order::Replace && published {
        let mut steps: Vec<_> = keys.iter().map(delete).collect();
        steps.push(Step::Make { state: KeyState::Active, activates_at: now });
        return steps;
    }
    let over = |key: &&SigningKey| {
        key.state == KeyState::Retiring && key.retires_at.is_some_and(|until| until.0 <= now)
    };
    let mut steps: Vec<_> = keys.iter().filter(over).map(delete).collect();
    let retire = |key: &SigningKey| Step::Retire { kid: key.kid.clone(), until: now + rules.linger };
    let activate = |key: &SigningKey| Step::Activate { kid: key.kid.clone() };
    match (in_state(keys, KeyState::Active), in_state(keys, KeyState::Next)) {
        // The shared secret signs. Tokens that the keys signed are still valid.
        (active, next) if !published => {
            steps.extend(active.map(retire));
            steps.extend(next.map(delete));
        }
        (None, Some(next)) => steps.push(activate(next)),
        (None, None) => steps.push(Step::Make { state: KeyState::Active, activates_at: now }),
        // In this order, so that two keys are never active at the same time.
        (Some(active), Some(next)) if next.activates_at.0 <= now => {
            steps.extend([retire(active), activate(next)]);
        }
        // The next key has signed nothing yet, so an order replaces it. Without an order it is kept: gateways with different
        // algorithms, as during a rolling change of the settings, would replace each other's keys again and again.
        (Some(_), Some(next)) if order == Order::Rotate && next.algorithm != rules.algorithm.as_str() => {
            steps
                .extend([delete(next), Step::Make { state: KeyState::Next, activates_at: now + rules.lead }]);
        }
        (Some(_), Some(_)) => {}
        (Some(active), None) => {
            if order == Order::Rotate || ends(active, rules).is_some_and(|end| end <= now) {
                steps.push(Step::Make { state: KeyState::Next, activates_at: now + rules.lead });
            }
        }
    }
    steps
}

/// Returns what the steps of an order have done.
pub(super) fn done(steps: &[Step], before: &[SigningKey]) -> Rotated {
    let made = |wanted: KeyState| {
        steps.iter().any(|step| matches!(step, Step::Make { state, .. } if *state == wanted))
    };
    let waited = in_state(before, KeyState::Next);
    if made(KeyState::Active) {
        Rotated::AtOnce
    } else if made(KeyState::Next) {
        if waited.is_some() { Rotated::Replaced } else { Rotated::Made }
    } else if steps.iter().any(|step| matches!(step, Step::Activate { .. })) {
        Rotated::Activated
    } else {
        Rotated::Waiting
    }
}

/// Returns when the successor of an active key is due.
fn ends(active: &SigningKey, rules: &KeyRules) -> Option<Instant> {
    if active.algorithm != rules.algorithm.as_str() {
        return Some(active.activates_at.0);
    }
    rules.rotation.map(|length| active.activates_at.0 + length)
}

/// Returns when the next step is due, without an order.
pub(super) fn next_event(keys: &[SigningKey], rules: &KeyRules) -> Option<Instant> {
    let retiring = keys.iter().filter(|key| key.state == KeyState::Retiring).filter_map(|key| key.retires_at);
    let gone = retiring.map(|until| until.0).min();
    let turn = match (in_state(keys, KeyState::Active), in_state(keys, KeyState::Next)) {
        (_, Some(next)) => Some(next.activates_at.0),
        (Some(active), None) => ends(active, rules),
        (None, None) => None,
    };
    [gone, turn].into_iter().flatten().min()
}

#[cfg(test)]
mod tests;
