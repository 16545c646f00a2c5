//! The life of a key: `next` (published, does not sign yet), `active` (signs), `retiring` (verifies what it signed),
//! gone. Pure: what is to be done follows from the keys, the time and the rules.
//!
//! Two waits make it safe. A key is published for [`KeyRules::lead`] before it signs, so that everybody who keeps our
//! keys for a while knows it by then. It stays for [`KeyRules::linger`] after it was replaced: a gateway that has not
//! looked yet may still sign by it, and such a token has its whole life before it.

use std::time::Duration;

use chrono::TimeDelta;

use crate::config::keys::{KeySettings, TokenAlgorithm};
use crate::config::sessions::SessionSettings;
use crate::core::clock::Instant;
use crate::core::secret::SecretString;
use crate::db::models::SigningKey;
use crate::db::types::KeyState;

/// No gateway's view of the keys is older than this, as long as its database answers.
const LONGEST_VIEW: Duration = Duration::from_secs(60);

/// The rules by which keys come and go.
#[derive(Clone)]
pub struct KeyRules {
    pub(super) algorithm: TokenAlgorithm,
    pub(super) secret: Option<SecretString>,
    /// How long a key signs; `None`: until somebody rotates.
    pub(super) rotation: Option<TimeDelta>,
    /// How long others may keep our published keys.
    pub(super) max_age: Duration,
    /// After how long a gateway looks at the table again.
    pub(super) view: TimeDelta,
    /// How long a key is published before it signs.
    pub(super) lead: TimeDelta,
    /// How long a key stays after it was replaced.
    pub(super) linger: TimeDelta,
}

impl KeyRules {
    /// The rules that follow from the settings.
    #[must_use]
    pub fn new(keys: &KeySettings, sessions: &SessionSettings) -> Self {
        let span = |length: Duration| TimeDelta::from_std(length).unwrap_or_default();
        // A gateway may hand out an old view just before it looks again, and that answer lives for `max_age`.
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

/// What somebody wants beyond what the time brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Nothing,
    /// A next key, now.
    Rotate,
    /// Another key signs at once, and no other key verifies: the old ones are in wrong hands.
    Replace,
}

/// What an order to rotate has led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// There is a next key now.
    Made,
    /// A next key of another algorithm than the configured one waited; another one has its place.
    Replaced,
    /// The next key was due, and signs from now on.
    Activated,
    /// Nothing: a next key waits already.
    Waiting,
    /// Another key signs now, and all others are gone.
    AtOnce,
}

/// One step. Keys are named by their `kid`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A new key in that state, which signs from then on.
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

fn in_state<'a>(keys: &'a [SigningKey], state: KeyState) -> Option<&'a SigningKey> {
    keys.iter().find(|key| key.state == state)
}

/// What is to be done now, in this order. To be asked again until there is nothing.
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
        // The secret signs. What the keys have signed is still good.
        (active, next) if !published => {
            steps.extend(active.map(retire));
            steps.extend(next.map(delete));
        }
        (None, Some(next)) => steps.push(activate(next)),
        (None, None) => steps.push(Step::Make { state: KeyState::Active, activates_at: now }),
        // First the one, then the other: there are never two that are active.
        (Some(active), Some(next)) if next.activates_at.0 <= now => {
            steps.extend([retire(active), activate(next)]);
        }
        // It has signed nothing yet. By itself this is left to time: gateways that do not agree on the algorithm, as
        // while one after the other gets its new settings, would take each other's keys away for ever.
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

/// What the steps that an order led to have done.
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

/// When another key is to be made for an active one.
fn ends(active: &SigningKey, rules: &KeyRules) -> Option<Instant> {
    if active.algorithm != rules.algorithm.as_str() {
        return Some(active.activates_at.0);
    }
    rules.rotation.map(|length| active.activates_at.0 + length)
}

/// When [`plan`] will have something to do, if nobody orders anything.
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
