//! Random histories that run on both stores, because the rules exist in Rust and in Lua.

use std::time::Duration;

use chrono::TimeDelta;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::code::NewCode;
use super::conformance::{ATTEMPTS, BACKOFF, at, charge, redis, start};
use super::limit::{Charge, Return, Rule};
use super::store::Ephemeral;

/// One call in a random history.
#[derive(Clone, Debug)]
enum Call {
    Wait(i64),
    Charge(Vec<Charge>),
    GiveBack(Vec<Return>),
    Issue { slot: usize, id: u8 },
    Redeem { slot: usize, digest: u8 },
    Restore { slot: usize, id: u8 },
    Withdraw { slot: usize, id: u8 },
}

/// Generates charges of three kinds of limit, with numbers small enough to meet the limits.
fn some_charges() -> impl Strategy<Value = Vec<Charge>> {
    let rate = (1_i64..40_000_003, 1_i64..4).prop_map(|(interval, burst)| Rule::Rate { interval, burst });
    let budget =
        (1_i64..4, 1_i64..6).prop_map(|(amount, max)| Rule::Budget { window: 77_777_777, max, amount });
    let backoff = Just(BACKOFF);
    let all = (rate, budget, backoff);
    (all, 1_u8..8).prop_map(|((rate, budget, backoff), which)| {
        let rules = [("rate", rate), ("budget", budget), ("backoff", backoff)];
        let chosen = rules.into_iter().enumerate().filter(|(bit, _)| which & (1 << bit) != 0);
        chosen.map(|(_, (key, rule))| charge(key, rule)).collect()
    })
}

fn some_call() -> impl Strategy<Value = Call> {
    let returns = (some_charges(), any::<bool>(), 0_i64..200).prop_map(|(charges, clear, before)| {
        let back = |charge: Charge| {
            if clear {
                return Return::Clear { key: charge.key };
            }
            Return::Refund { charge, at: at(before) }
        };
        Call::GiveBack(charges.into_iter().map(back).collect())
    });
    prop_oneof![
        3 => prop_oneof![0_i64..90_000_001, 0_i64..5_000_000_000].prop_map(Call::Wait),
        6 => some_charges().prop_map(Call::Charge),
        2 => returns,
        2 => (0_usize..2, 0_u8..4).prop_map(|(slot, id)| Call::Issue { slot, id }),
        6 => (0_usize..2, 0_u8..4).prop_map(|(slot, digest)| Call::Redeem { slot, digest }),
        1 => (0_usize..2, 0_u8..4).prop_map(|(slot, id)| Call::Restore { slot, id }),
        1 => (0_usize..2, 0_u8..4).prop_map(|(slot, id)| Call::Withdraw { slot, id }),
    ]
}

/// Runs a history and returns the results as text, to compare those of two stores.
async fn play(store: &Ephemeral, history: &[Call]) -> Vec<String> {
    let mut now = start();
    let mut answers = Vec::new();
    for call in history {
        let name = |slot: &usize| format!("slot{slot}");
        answers.push(match call {
            Call::Wait(micros) => {
                now += TimeDelta::microseconds(*micros);
                String::new()
            }
            Call::Charge(charges) => format!("{:?}", store.charge(charges, now).await.unwrap()),
            Call::GiveBack(returns) => format!("{:?}", store.give_back(returns, now).await.unwrap()),
            Call::Issue { slot, id } => {
                let expires = (now + TimeDelta::seconds(600)).timestamp_micros();
                let code = NewCode { id: id.to_string(), digest: id.to_string(), expires };
                format!("{:?}", store.issue_code(&name(slot), code, now).await.unwrap())
            }
            Call::Redeem { slot, digest } => {
                let answer = store.redeem_code(&name(slot), &digest.to_string(), ATTEMPTS, now).await;
                format!("{:?}", answer.unwrap())
            }
            Call::Restore { slot, id } => {
                format!("{:?}", store.restore_code(&name(slot), &id.to_string(), now).await.unwrap())
            }
            Call::Withdraw { slot, id } => {
                format!("{:?}", store.withdraw_code(&name(slot), Some(&id.to_string()), now).await.unwrap())
            }
        });
    }
    answers
}

#[test]
fn memory_and_redis_return_the_same_results() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if runtime.block_on(redis()).is_none() {
        return;
    }
    let mut runner = TestRunner::new(Config { cases: 48, max_shrink_time: 10_000, ..Config::default() });
    let histories = prop::collection::vec(some_call(), 1..60);
    let outcome = runner.run(&histories, |history| {
        let (memory, redis) = runtime.block_on(async {
            let redis = redis().await.expect("it was available before");
            (play(&Ephemeral::memory(), &history).await, play(&redis, &history).await)
        });
        prop_assert_eq!(memory, redis);
        Ok(())
    });
    outcome.unwrap();
    runtime.shutdown_timeout(Duration::from_secs(1));
}
