//! The life of keys, played through.

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
                        state,
                        private_key: Vec::new(),
                        public_jwk: String::new(),
                        created_at: now.into(),
                        activates_at: activates_at.into(),
                        retires_at: None,
                    });
                }
                Step::Activate { kid } => {
                    let key = self.key(&kid);
                    assert_eq!(key.state, KeyState::Next);
                    (key.state, key.activates_at) = (KeyState::Active, now.into());
                }
                Step::Retire { kid, until } => {
                    let key = self.key(&kid);
                    assert_eq!(key.state, KeyState::Active);
                    (key.state, key.retires_at) = (KeyState::Retiring, Some(until.into()));
                }
                Step::Delete { kid } => self.keys.retain(|key| key.kid != kid),
            }
            for state in [KeyState::Next, KeyState::Active] {
                assert!(self.keys.iter().filter(|key| key.state == state).count() <= 1, "two are {state}");
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

    fn states(&self) -> Vec<KeyState> {
        self.keys.iter().map(|key| key.state).collect()
    }
}

#[test]
fn a_key_is_made_published_used_retired_and_deleted() {
    let rules = rules(TokenAlgorithm::EdDsa);
    let (mut table, mut now) = (Table::default(), Instant::UNIX_EPOCH);
    table.look(now, &rules, Order::Nothing);
    assert_eq!(table.states(), [KeyState::Active]);
    now += rules.rotation.unwrap() - TimeDelta::microseconds(1);
    table.look(now, &rules, Order::Nothing);
    assert_eq!(table.states(), [KeyState::Active]);
    now += TimeDelta::microseconds(1);
    assert_eq!(next_event(&table.keys, &rules), Some(now));
    table.look(now, &rules, Order::Nothing);
    assert_eq!(table.states(), [KeyState::Active, KeyState::Next]);
    // Whoever kept our keys from the moment before it was published has asked again.
    assert!(rules.lead > TimeDelta::from_std(rules.max_age).unwrap());
    now += rules.lead;
    assert_eq!(next_event(&table.keys, &rules), Some(now));
    table.look(now, &rules, Order::Nothing);
    assert_eq!(table.states(), [KeyState::Retiring, KeyState::Active]);
    now += rules.linger;
    assert_eq!(next_event(&table.keys, &rules), Some(now));
    table.look(now, &rules, Order::Nothing);
    assert_eq!(table.states(), [KeyState::Active]);
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
    assert_eq!(table.states(), [KeyState::Active]);
    table.look(now, &rules, Order::Rotate);
    table.look(now, &rules, Order::Rotate);
    assert_eq!(table.states(), [KeyState::Active, KeyState::Next], "one next key is enough");
    table.look(now, &rules, Order::Replace);
    assert_eq!((table.states(), table.keys[0].kid.as_str()), (vec![KeyState::Active], "3"));
}

#[test]
fn another_algorithm_rotates_by_itself_and_a_secret_retires_all() {
    let (mut table, mut now) = (Table::default(), Instant::UNIX_EPOCH);
    table.look(now, &rules(TokenAlgorithm::EdDsa), Order::Nothing);
    let es256 = rules(TokenAlgorithm::Es256);
    table.look(now, &es256, Order::Nothing);
    assert_eq!(table.states(), [KeyState::Active, KeyState::Next]);
    now += es256.lead;
    table.look(now, &es256, Order::Nothing);
    assert_eq!(table.states(), [KeyState::Retiring, KeyState::Active]);
    assert_eq!(table.keys[1].algorithm, "ES256");
    let hs256 = rules(TokenAlgorithm::Hs256);
    table.look(now, &hs256, Order::Replace);
    assert_eq!(table.states(), [KeyState::Retiring, KeyState::Retiring]);
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
    assert_eq!(table.states(), [KeyState::Active, KeyState::Next]);
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
            *view = View { seen_at: now, kids, signing: in_state(&table.keys, KeyState::Active).unwrap().kid.clone() };
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
            prop_assert_eq!(table.keys.iter().filter(|key| key.state == KeyState::Active).count(), 1);
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
