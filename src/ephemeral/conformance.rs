//! The behaviour that both stores must have. The tests for Redis need `TEST_REDIS_URL`.

use chrono::TimeDelta;

use super::code::{Attempts, NewCode, Redeemed};
use super::limit::{Charge, Charged, Return, Rule};
use super::store::Ephemeral;
use crate::config::ephemeral::RedisSettings;
use crate::core::clock::Instant;
use crate::core::random::Random;

pub(super) const ATTEMPTS: Attempts = Attempts { max: 5, window: 3_600_000_000 };
pub(super) const BACKOFF: Rule =
    Rule::Backoff { free: 2, first: 30_000_000, longest: 100_000_000, forget: 1_000_000_000 };

pub(super) fn start() -> Instant {
    Instant::from_timestamp_micros(1_800_000_000_000_001).unwrap()
}

pub(super) fn at(seconds: i64) -> Instant {
    start() + TimeDelta::seconds(seconds)
}

/// Returns a code that is active for ten minutes from `at(seconds)`.
fn code(id: &str, digest: &str, seconds: i64) -> NewCode {
    NewCode { id: id.into(), digest: digest.into(), expires: at(seconds + 600).timestamp_micros() }
}

pub(super) fn charge(key: &str, rule: Rule) -> Charge {
    Charge { key: key.into(), rule }
}

/// Returns a Redis store with its own key prefix, or `None` with a message if no server is configured.
pub(super) async fn redis() -> Option<Ephemeral> {
    let settings = redis_settings()?;
    Some(Ephemeral::redis(&settings).await.expect("TEST_REDIS_URL names a running server"))
}

/// Returns the settings of [`redis`].
pub(super) fn redis_settings() -> Option<RedisSettings> {
    let Ok(url) = std::env::var("TEST_REDIS_URL") else {
        let strict = std::env::var("MENJIN_TEST_STRICT").is_ok_and(|value| value == "1")
            || std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(!strict, "TEST_REDIS_URL is not set, and tests must not be skipped");
        eprintln!("skipped: TEST_REDIS_URL is not set");
        return None;
    };
    let prefix = format!("test-{}", Random::system().token());
    Some(RedisSettings { url: url.into(), pool_size: 4, deadline: std::time::Duration::from_secs(5), prefix })
}

macro_rules! conformance {
    ($($name:ident),+ $(,)?) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                super::$name(super::Ephemeral::memory()).await;
            })+
        }
        mod redis {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                if let Some(store) = super::redis().await {
                    super::$name(store).await;
                }
            })+
        }
    };
}

conformance!(
    it_answers,
    one_of_a_hundred_redeems_the_code,
    attempts_survive_a_resend,
    a_right_code_clears_the_attempts,
    codes_expire_by_the_clock,
    a_code_is_given_back_unless_a_newer_one_was_issued,
    a_withdrawn_code_is_gone_unless_it_was_redeemed,
    one_of_a_hundred_takes_the_record,
    a_record_takes_the_place_of_another,
    records_expire_by_the_clock,
    charges_are_taken_all_or_none,
    parallel_charges_do_not_pass_the_burst,
    refunds_give_back_what_was_charged,
    free_failures_may_come_out_of_order,
    delays_grow_and_are_forgotten,
);

async fn it_answers(store: Ephemeral) {
    store.ping().await.unwrap();
}

async fn one_of_a_hundred_redeems_the_code(store: Ephemeral) {
    store.issue_code("s", code("1", "right", 0), at(0)).await.unwrap();
    let tries = (0..100).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.redeem_code("s", "right", ATTEMPTS, at(1)).await.unwrap() })
    });
    let mut right = 0;
    for tried in tries.collect::<Vec<_>>() {
        match tried.await.unwrap() {
            Redeemed::Valid { id } => {
                assert_eq!(id, "1");
                right += 1;
            }
            Redeemed::UsedUp { left } => assert_eq!(left, 5),
            other @ (Redeemed::Wrong { .. } | Redeemed::Expired { .. } | Redeemed::Locked { .. }) => {
                panic!("{other:?}")
            }
        }
    }
    assert_eq!(right, 1);
}

async fn attempts_survive_a_resend(store: Ephemeral) {
    let redeem = async |digest, seconds| store.redeem_code("s", digest, ATTEMPTS, at(seconds)).await.unwrap();
    assert_eq!(redeem("none was sent", 0).await, Redeemed::Wrong { left: 5 });
    for (n, left) in [(0, 4), (1, 3), (2, 2), (3, 1), (4, 0)] {
        store.issue_code("s", code(&n.to_string(), "right", n), at(n)).await.unwrap();
        assert_eq!(redeem("wrong", n).await, Redeemed::Wrong { left });
    }
    let Redeemed::Locked { until } = redeem("right", 5).await else { panic!("locked") };
    assert_eq!(until, at(3_604).timestamp_micros());
    store.issue_code("s", code("6", "right", 3_603), at(3_603)).await.unwrap();
    assert_eq!(redeem("right", 3_603).await, Redeemed::Locked { until });
    assert_eq!(redeem("right", 3_604).await, Redeemed::Valid { id: "6".into() });
    let other = store.redeem_code("another slot", "right", ATTEMPTS, at(5)).await.unwrap();
    assert_eq!(other, Redeemed::Wrong { left: 5 });
}

async fn a_right_code_clears_the_attempts(store: Ephemeral) {
    let redeem = async |digest| store.redeem_code("s", digest, ATTEMPTS, at(1)).await.unwrap();
    store.issue_code("s", code("1", "right", 0), at(0)).await.unwrap();
    for left in [4, 3, 2, 1] {
        assert_eq!(redeem("wrong").await, Redeemed::Wrong { left });
    }
    assert_eq!(redeem("right").await, Redeemed::Valid { id: "1".into() });
    assert_eq!(redeem("right").await, Redeemed::UsedUp { left: 5 });
    assert_eq!(redeem("wrong").await, Redeemed::Wrong { left: 5 });
}

async fn codes_expire_by_the_clock(store: Ephemeral) {
    let redeem = async |slot, digest, now| store.redeem_code(slot, digest, ATTEMPTS, now).await.unwrap();
    let last = at(600) - TimeDelta::microseconds(1);
    for slot in ["early", "late"] {
        store.issue_code(slot, code("1", "right", 0), at(0)).await.unwrap();
    }
    assert_eq!(redeem("early", "right", last).await, Redeemed::Valid { id: "1".into() });
    assert_eq!(redeem("late", "right", at(600)).await, Redeemed::Expired { left: 5 });
    assert_eq!(redeem("late", "wrong", at(600)).await, Redeemed::Wrong { left: 5 });
    assert_eq!(redeem("late", "right", at(4_199)).await, Redeemed::Expired { left: 5 });
    assert_eq!(redeem("late", "right", at(4_200)).await, Redeemed::Wrong { left: 5 });
}

async fn a_code_is_given_back_unless_a_newer_one_was_issued(store: Ephemeral) {
    let redeem = async |digest| store.redeem_code("s", digest, ATTEMPTS, at(1)).await.unwrap();
    store.issue_code("s", code("1", "first", 0), at(0)).await.unwrap();
    assert_eq!(redeem("first").await, Redeemed::Valid { id: "1".into() });
    store.restore_code("s", "1", at(1)).await.unwrap();
    assert_eq!(redeem("first").await, Redeemed::Valid { id: "1".into() });
    store.issue_code("s", code("2", "second", 1), at(1)).await.unwrap();
    store.restore_code("s", "1", at(1)).await.unwrap();
    assert_eq!(redeem("first").await, Redeemed::Wrong { left: 4 });
    assert_eq!(redeem("second").await, Redeemed::Valid { id: "2".into() });
    store.restore_code("s", "1", at(1)).await.unwrap();
    assert_eq!(redeem("second").await, Redeemed::UsedUp { left: 5 });
    store.restore_code("no such slot", "1", at(1)).await.unwrap();
}

async fn a_withdrawn_code_is_gone_unless_it_was_redeemed(store: Ephemeral) {
    let redeem = async |digest| store.redeem_code("s", digest, ATTEMPTS, at(1)).await.unwrap();
    store.issue_code("s", code("1", "right", 0), at(0)).await.unwrap();
    assert_eq!(redeem("wrong").await, Redeemed::Wrong { left: 4 });
    store.withdraw_code("s", Some("older"), at(1)).await.unwrap();
    store.withdraw_code("s", Some("1"), at(1)).await.unwrap();
    assert_eq!(redeem("right").await, Redeemed::Wrong { left: 4 });
    store.issue_code("s", code("2", "right", 1), at(1)).await.unwrap();
    assert_eq!(redeem("right").await, Redeemed::Valid { id: "2".into() });
    for id in [Some("2"), None] {
        store.withdraw_code("s", id, at(1)).await.unwrap();
        assert_eq!(redeem("right").await, Redeemed::UsedUp { left: 5 });
    }
    store.issue_code("s", code("3", "third", 1), at(1)).await.unwrap();
    store.withdraw_code("s", None, at(1)).await.unwrap();
    assert_eq!(redeem("third").await, Redeemed::Wrong { left: 5 });
    store.withdraw_code("no such slot", None, at(1)).await.unwrap();
}

async fn one_of_a_hundred_takes_the_record(store: Ephemeral) {
    store.put_record("r", "值 \" \0 {}", at(600), at(0)).await.unwrap();
    let takers = (0..100).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.take_record("r", at(1)).await.unwrap() })
    });
    let mut got = Vec::new();
    for taker in takers.collect::<Vec<_>>() {
        got.extend(taker.await.unwrap());
    }
    assert_eq!(got, ["值 \" \0 {}"]);
    assert_eq!(store.peek_record("r", at(1)).await.unwrap(), None);
}

async fn a_record_takes_the_place_of_another(store: Ephemeral) {
    store.put_record("r", "first", at(600), at(0)).await.unwrap();
    store.put_record("r", "second", at(100), at(0)).await.unwrap();
    store.put_record("another", "third", at(600), at(0)).await.unwrap();
    for _ in 0..2 {
        assert_eq!(store.peek_record("r", at(99)).await.unwrap().as_deref(), Some("second"));
    }
    assert_eq!(store.peek_record("r", at(100)).await.unwrap(), None, "the time of the second one counts");
    assert_eq!(store.take_record("another", at(1)).await.unwrap().as_deref(), Some("third"));
    assert_eq!(store.take_record("none", at(1)).await.unwrap(), None);
    store.put_record("another", "again", at(600), at(2)).await.unwrap();
    assert_eq!(store.take_record("another", at(2)).await.unwrap().as_deref(), Some("again"));
}

async fn records_expire_by_the_clock(store: Ephemeral) {
    let last = at(600) - TimeDelta::microseconds(1);
    for key in ["taken", "late"] {
        store.put_record(key, "value", at(600), at(0)).await.unwrap();
    }
    assert_eq!(store.peek_record("taken", last).await.unwrap().as_deref(), Some("value"));
    assert_eq!(store.take_record("taken", last).await.unwrap().as_deref(), Some("value"));
    assert_eq!(store.peek_record("late", at(600)).await.unwrap(), None);
    assert_eq!(store.take_record("late", at(600)).await.unwrap(), None);
    // The record was taken. A clock that goes back does not restore it.
    assert_eq!(store.peek_record("late", at(1)).await.unwrap(), None);
    store.put_record("stale", "value", at(0), at(5)).await.unwrap();
    assert_eq!(store.take_record("stale", at(5)).await.unwrap(), None);
}

async fn charges_are_taken_all_or_none(store: Ephemeral) {
    let wide = Rule::Rate { interval: 1_000_000, burst: 3 };
    let narrow = Rule::Budget { window: 100_000_000, max: 1, amount: 1 };
    let both = [charge("wide", wide), charge("narrow", narrow)];
    assert_eq!(
        store.charge(&both, at(0)).await.unwrap(),
        Charged::Taken { next_at: at(100) - TimeDelta::microseconds(1) }
    );
    for _ in 0..5 {
        let Charged::Refused { index, retry_at } = store.charge(&both, at(0)).await.unwrap() else {
            panic!("the budget is used up");
        };
        assert_eq!((index, retry_at), (1, at(100) - TimeDelta::microseconds(1)));
    }
    // The refused calls took nothing from the wide limit: two of three are left.
    for passes in [true, true, false] {
        let charged = store.charge(&both[..1], at(0)).await.unwrap();
        assert_eq!(matches!(charged, Charged::Taken { .. }), passes);
    }
    assert_eq!(store.charge(&[], at(0)).await.unwrap(), Charged::Taken { next_at: at(0) });
}

async fn parallel_charges_do_not_pass_the_burst(store: Ephemeral) {
    let tries = (0..50).map(|_| {
        let store = store.clone();
        let charge = [charge("k", Rule::Rate { interval: 60_000_000, burst: 7 })];
        tokio::spawn(async move { store.charge(&charge, at(0)).await.unwrap() })
    });
    let mut passed = 0;
    for tried in tries.collect::<Vec<_>>() {
        passed += u32::from(matches!(tried.await.unwrap(), Charged::Taken { .. }));
    }
    assert_eq!(passed, 7);
}

async fn refunds_give_back_what_was_charged(store: Ephemeral) {
    let charges = [
        charge("rate", Rule::Rate { interval: 60_000_000, burst: 1 }),
        charge("budget", Rule::Budget { window: 86_400_000_000, max: 9, amount: 9 }),
        charge(
            "backoff",
            Rule::Backoff { free: 1, first: 30_000_000, longest: 60_000_000, forget: 60_000_000 },
        ),
    ];
    let returns: Vec<Return> =
        charges.iter().map(|charge| Return::Refund { charge: charge.clone(), at: at(0) }).collect();
    for _ in 0..3 {
        assert!(matches!(store.charge(&charges, at(0)).await.unwrap(), Charged::Taken { .. }));
        assert!(matches!(store.charge(&charges, at(0)).await.unwrap(), Charged::Refused { .. }));
        store.give_back(&returns, at(1)).await.unwrap();
    }
    assert!(matches!(store.charge(&charges, at(0)).await.unwrap(), Charged::Taken { .. }));
    let clear: Vec<Return> = charges.iter().map(|charge| Return::Clear { key: charge.key.clone() }).collect();
    store.give_back(&clear, at(1)).await.unwrap();
    assert!(matches!(store.charge(&charges, at(0)).await.unwrap(), Charged::Taken { .. }));
}

async fn free_failures_may_come_out_of_order(store: Ephemeral) {
    let rule = Rule::Backoff { free: 3, first: 30_000_000, longest: 100_000_000, forget: 1_000_000_000 };
    let fail = async |seconds| store.charge(&[charge("k", rule)], at(seconds)).await.unwrap();
    assert_eq!(fail(10).await, Charged::Taken { next_at: at(10) });
    assert_eq!(fail(5).await, Charged::Taken { next_at: at(5) });
    assert_eq!(fail(4).await, Charged::Taken { next_at: at(34) });
    assert_eq!(fail(3).await, Charged::Refused { index: 0, retry_at: at(34) });
}

async fn delays_grow_and_are_forgotten(store: Ephemeral) {
    let fail = async |seconds| store.charge(&[charge("k", BACKOFF)], at(seconds)).await.unwrap();
    let taken = |seconds| Charged::Taken { next_at: at(seconds) };
    let refused = |seconds| Charged::Refused { index: 0, retry_at: at(seconds) };
    assert_eq!(fail(0).await, taken(0));
    assert_eq!(fail(0).await, taken(30));
    assert_eq!(fail(29).await, refused(30));
    assert_eq!(fail(30).await, taken(90));
    assert_eq!(fail(90).await, taken(190));
    assert_eq!(fail(190).await, taken(290));
    assert_eq!(fail(1_289).await, taken(1_389));
    assert_eq!(fail(2_389).await, taken(2_389));
    assert_eq!(fail(2_389).await, taken(2_419));
}
