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

pub(super) const NEXT: &str = "next";
pub(super) const ACTIVE: &str = "active";
pub(super) const RETIRING: &str = "retiring";

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
        state: &'static str,
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

fn in_state<'a>(keys: &'a [SigningKey], state: &str) -> Option<&'a SigningKey> {
    keys.iter().find(|key| key.state == state)
}

/// What is to be done now, in this order. To be asked again until there is nothing.
pub(super) fn plan(keys: &[SigningKey], now: Instant, rules: &KeyRules, order: Order) -> Vec<Step> {
    let delete = |key: &SigningKey| Step::Delete { kid: key.kid.clone() };
    let published = rules.algorithm != TokenAlgorithm::Hs256;
    if order == Order::Replace && published {
        let mut steps: Vec<_> = keys.iter().map(delete).collect();
        steps.push(Step::Make { state: ACTIVE, activates_at: now });
        return steps;
    }
    let over =
        |key: &&SigningKey| key.state == RETIRING && key.retires_at.is_some_and(|until| until.0 <= now);
    let mut steps: Vec<_> = keys.iter().filter(over).map(delete).collect();
    let retire = |key: &SigningKey| Step::Retire { kid: key.kid.clone(), until: now + rules.linger };
    let activate = |key: &SigningKey| Step::Activate { kid: key.kid.clone() };
    match (in_state(keys, ACTIVE), in_state(keys, NEXT)) {
        // The secret signs. What the keys have signed is still good.
        (active, next) if !published => {
            steps.extend(active.map(retire));
            steps.extend(next.map(delete));
        }
        (None, Some(next)) => steps.push(activate(next)),
        (None, None) => steps.push(Step::Make { state: ACTIVE, activates_at: now }),
        // First the one, then the other: there are never two that are active.
        (Some(active), Some(next)) if next.activates_at.0 <= now => {
            steps.extend([retire(active), activate(next)]);
        }
        // It has signed nothing yet. By itself this is left to time: gateways that do not agree on the algorithm, as
        // while one after the other gets its new settings, would take each other's keys away for ever.
        (Some(_), Some(next)) if order == Order::Rotate && next.algorithm != rules.algorithm.as_str() => {
            steps.extend([delete(next), Step::Make { state: NEXT, activates_at: now + rules.lead }]);
        }
        (Some(_), Some(_)) => {}
        (Some(active), None) => {
            if order == Order::Rotate || ends(active, rules).is_some_and(|end| end <= now) {
                steps.push(Step::Make { state: NEXT, activates_at: now + rules.lead });
            }
        }
    }
    steps
}

/// What the steps that an order led to have done.
pub(super) fn done(steps: &[Step], before: &[SigningKey]) -> Rotated {
    let made =
        |wanted: &str| steps.iter().any(|step| matches!(step, Step::Make { state, .. } if *state == wanted));
    let waited = in_state(before, NEXT);
    if made(ACTIVE) {
        Rotated::AtOnce
    } else if made(NEXT) {
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
    let retiring = keys.iter().filter(|key| key.state == RETIRING).filter_map(|key| key.retires_at);
    let gone = retiring.map(|until| until.0).min();
    let turn = match (in_state(keys, ACTIVE), in_state(keys, NEXT)) {
        (_, Some(next)) => Some(next.activates_at.0),
        (Some(active), None) => ends(active, rules),
        (None, None) => None,
    };
    [gone, turn].into_iter().flatten().min()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::reader::{Reader, Source};

    pub fn rules(algorithm: TokenAlgorithm) -> KeyRules {
        let mut reader = Reader::new(Source::default());
        let sessions = SessionSettings::read(&mut reader, "http://127.0.0.1:8000");
        KeyRules { algorithm, ..KeyRules::new(&KeySettings::read(&mut reader), &sessions) }
    }

    /// The table, with what the database would refuse.
    #[derive(Default)]
    struct Table {
        keys: Vec<SigningKey>,
        made: u32,
    }

    impl Table {
        fn apply(&mut self, steps: Vec<Step>, now: Instant, algorithm: TokenAlgorithm) {
            for step in steps {
                match step {
                    Step::Make { state, activates_at } => {
                        self.made += 1;
                        self.keys.push(SigningKey {
                            kid: self.made.to_string(),
                            algorithm: algorithm.as_str().into(),
                            state: state.into(),
                            private_key: Vec::new(),
                            public_jwk: String::new(),
                            created_at: now.into(),
                            activates_at: activates_at.into(),
                            retires_at: None,
                        });
                    }
                    Step::Activate { kid } => {
                        let key = self.key(&kid);
                        assert_eq!(key.state, NEXT);
                        (key.state, key.activates_at) = (ACTIVE.into(), now.into());
                    }
                    Step::Retire { kid, until } => {
                        let key = self.key(&kid);
                        assert_eq!(key.state, ACTIVE);
                        (key.state, key.retires_at) = (RETIRING.into(), Some(until.into()));
                    }
                    Step::Delete { kid } => self.keys.retain(|key| key.kid != kid),
                }
                for state in [NEXT, ACTIVE] {
                    assert!(
                        self.keys.iter().filter(|key| key.state == state).count() <= 1,
                        "two are {state}"
                    );
                }
            }
        }

        fn key(&mut self, kid: &str) -> &mut SigningKey {
            self.keys.iter_mut().find(|key| key.kid == kid).unwrap()
        }

        /// What a gateway does that looks at the table.
        fn look(&mut self, now: Instant, rules: &KeyRules, mut order: Order) {
            for turn in 0.. {
                let steps = plan(&self.keys, now, rules, order);
                if steps.is_empty() {
                    break;
                }
                assert!(turn < 4, "there is no end: {steps:?}");
                self.apply(steps, now, rules.algorithm);
                order = Order::Nothing;
            }
        }

        fn states(&self) -> Vec<&str> {
            self.keys.iter().map(|key| key.state.as_str()).collect()
        }
    }

    #[test]
    fn a_key_is_made_published_used_retired_and_deleted() {
        let rules = rules(TokenAlgorithm::EdDsa);
        let (mut table, mut now) = (Table::default(), Instant::UNIX_EPOCH);
        table.look(now, &rules, Order::Nothing);
        assert_eq!(table.states(), [ACTIVE]);
        now += rules.rotation.unwrap() - TimeDelta::microseconds(1);
        table.look(now, &rules, Order::Nothing);
        assert_eq!(table.states(), [ACTIVE]);
        now += TimeDelta::microseconds(1);
        assert_eq!(next_event(&table.keys, &rules), Some(now));
        table.look(now, &rules, Order::Nothing);
        assert_eq!(table.states(), [ACTIVE, NEXT]);
        // Whoever kept our keys from the moment before it was published has asked again.
        assert!(rules.lead > TimeDelta::from_std(rules.max_age).unwrap());
        now += rules.lead;
        assert_eq!(next_event(&table.keys, &rules), Some(now));
        table.look(now, &rules, Order::Nothing);
        assert_eq!(table.states(), [RETIRING, ACTIVE]);
        now += rules.linger;
        assert_eq!(next_event(&table.keys, &rules), Some(now));
        table.look(now, &rules, Order::Nothing);
        assert_eq!(table.states(), [ACTIVE]);
        assert_eq!(table.keys[0].kid, "2");
    }

    #[test]
    fn without_a_schedule_only_an_order_rotates() {
        let rules = KeyRules { rotation: None, ..rules(TokenAlgorithm::EdDsa) };
        let (mut table, mut now) = (Table::default(), Instant::UNIX_EPOCH);
        table.look(now, &rules, Order::Nothing);
        assert_eq!(next_event(&table.keys, &rules), None);
        now += TimeDelta::days(4_000);
        table.look(now, &rules, Order::Nothing);
        assert_eq!(table.states(), [ACTIVE]);
        table.look(now, &rules, Order::Rotate);
        table.look(now, &rules, Order::Rotate);
        assert_eq!(table.states(), [ACTIVE, NEXT], "one next key is enough");
        table.look(now, &rules, Order::Replace);
        assert_eq!((table.states(), table.keys[0].kid.as_str()), (vec![ACTIVE], "3"));
    }

    #[test]
    fn another_algorithm_rotates_by_itself_and_a_secret_retires_all() {
        let (mut table, mut now) = (Table::default(), Instant::UNIX_EPOCH);
        table.look(now, &rules(TokenAlgorithm::EdDsa), Order::Nothing);
        let es256 = rules(TokenAlgorithm::Es256);
        table.look(now, &es256, Order::Nothing);
        assert_eq!(table.states(), [ACTIVE, NEXT]);
        now += es256.lead;
        table.look(now, &es256, Order::Nothing);
        assert_eq!(table.states(), [RETIRING, ACTIVE]);
        assert_eq!(table.keys[1].algorithm, "ES256");
        let hs256 = rules(TokenAlgorithm::Hs256);
        table.look(now, &hs256, Order::Replace);
        assert_eq!(table.states(), [RETIRING, RETIRING]);
        now += hs256.linger;
        table.look(now, &hs256, Order::Nothing);
        assert!(table.keys.is_empty());
        assert_eq!(next_event(&table.keys, &hs256), None);
    }

    #[test]
    fn a_waiting_key_of_another_algorithm_makes_room_when_it_is_ordered() {
        let (mut table, now) = (Table::default(), Instant::UNIX_EPOCH);
        let (eddsa, rs256) = (rules(TokenAlgorithm::EdDsa), rules(TokenAlgorithm::Rs256));
        table.look(now, &eddsa, Order::Nothing);
        table.look(now, &eddsa, Order::Rotate);
        table.look(now, &rs256, Order::Nothing);
        assert_eq!(table.key("2").algorithm, "EdDSA", "not by itself");
        let ordered = |table: &Table, rules| done(&plan(&table.keys, now, rules, Order::Rotate), &table.keys);
        assert_eq!(ordered(&table, &eddsa), Rotated::Waiting);
        assert_eq!(ordered(&table, &rs256), Rotated::Replaced);
        table.look(now, &rs256, Order::Rotate);
        assert_eq!(table.states(), [ACTIVE, NEXT]);
        assert_eq!((table.keys[1].kid.as_str(), table.keys[1].algorithm.as_str()), ("3", "RS256"));
        assert_eq!(ordered(&table, &rs256), Rotated::Waiting);
        assert_eq!(done(&plan(&table.keys, now, &rs256, Order::Replace), &table.keys), Rotated::AtOnce);
        table.keys.pop();
        assert_eq!(ordered(&table, &rs256), Rotated::Made);
    }

    /// A gateway with what it last saw.
    #[derive(Clone, Default)]
    struct View {
        seen_at: Instant,
        kids: Vec<String>,
        signing: String,
    }

    #[derive(Clone, Debug)]
    enum Act {
        Wait(i64),
        Look(usize),
        Rotate(usize),
        Sign(usize),
        /// Another algorithm by setting.
        Switch(bool),
    }

    fn acts() -> impl Strategy<Value = Vec<Act>> {
        let act = prop_oneof![
            4 => (1_i64..400).prop_map(Act::Wait),
            1 => (3_600_i64..200 * 86_400).prop_map(Act::Wait),
            3 => (0_usize..3).prop_map(Act::Look),
            1 => (0_usize..3).prop_map(Act::Rotate),
            4 => (0_usize..3).prop_map(Act::Sign),
            1 => any::<bool>().prop_map(Act::Switch),
        ];
        proptest::collection::vec(act, 1..120)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Three gateways, each with a view that is never older than what others may keep of our keys: one key is
        /// active at any time, and what anybody signs, everybody verifies until its end.
        #[test]
        fn one_key_is_active_and_every_token_holds_until_its_end(acts in acts()) {
            let mut rules = rules(TokenAlgorithm::EdDsa);
            let max_age = TimeDelta::from_std(rules.max_age).unwrap();
            let life = rules.linger - max_age;
            let (mut table, mut now) = (Table::default(), Instant::UNIX_EPOCH);
            let mut views = vec![View::default(); 3];
            let look = |table: &mut Table, view: &mut View, now, rules: &KeyRules, order| {
                table.look(now, rules, order);
                let kids = table.keys.iter().map(|key| key.kid.clone()).collect();
                *view = View { seen_at: now, kids, signing: in_state(&table.keys, ACTIVE).unwrap().kid.clone() };
            };
            for view in &mut views {
                look(&mut table, view, now, &rules, Order::Nothing);
            }
            let mut tokens: Vec<(String, Instant)> = Vec::new();
            for act in acts {
                match act {
                    Act::Wait(seconds) => {
                        now += TimeDelta::seconds(seconds);
                        for view in &mut views {
                            if now - view.seen_at > max_age {
                                look(&mut table, view, now, &rules, Order::Nothing);
                            }
                        }
                    }
                    Act::Look(who) => look(&mut table, &mut views[who], now, &rules, Order::Nothing),
                    Act::Rotate(who) => look(&mut table, &mut views[who], now, &rules, Order::Rotate),
                    Act::Sign(who) => tokens.push((views[who].signing.clone(), now + life)),
                    Act::Switch(back) => {
                        rules.algorithm = if back { TokenAlgorithm::EdDsa } else { TokenAlgorithm::Es256 };
                    }
                }
                prop_assert_eq!(table.keys.iter().filter(|key| key.state == ACTIVE).count(), 1);
                tokens.retain(|(_, end)| now < *end);
                for (kid, end) in &tokens {
                    for view in &views {
                        prop_assert!(view.kids.contains(kid), "{kid} until {end} at {now}: {:?}", view.kids);
                    }
                }
                let settled = plan(&table.keys, now, &rules, Order::Nothing).is_empty();
                prop_assert_eq!(settled, next_event(&table.keys, &rules).is_none_or(|event| event > now));
            }
        }
    }
}
