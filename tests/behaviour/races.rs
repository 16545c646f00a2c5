//! Concurrent requests: what may happen once happens once.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::browser::mobile_with_code;
use crate::support::{Backend, PASSWORD, World, both_backends, kind};

const MOBILE: &str = "+8613800138000";

/// A busy machine must not turn requests into `UNAVAILABLE` here: each response counts.
const PATIENT: [(&str, &str); 4] = [
    ("MENJIN_REDIS_POOL_SIZE", "32"),
    ("MENJIN_REDIS_DEADLINE", "60s"),
    ("MENJIN_DATABASE_DEADLINE", "60s"),
    ("MENJIN_HTTP_REQUEST_TIMEOUT", "60s"),
];

/// Calls `mutation` once per input at the same time, each from a browser of its own.
async fn at_once(world: &World, mutation: &str, inputs: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let call = async |input: Value| world.browser().mutate(mutation, input).await.data(mutation);
    join_all(inputs.into_iter().map(call)).await
}

/// Counts the outcomes by what `name` says of them.
fn tally<'a>(outcomes: &'a [Value], name: impl Fn(&'a Value) -> &'a str) -> BTreeMap<&'a str, usize> {
    let mut tally = BTreeMap::new();
    for outcome in outcomes {
        *tally.entry(name(outcome)).or_default() += 1;
    }
    tally
}

/// The reason of a `CodeRejected`, or the type of another outcome.
fn reason(outcome: &Value) -> &str {
    outcome["reason"].as_str().unwrap_or_else(|| kind(outcome))
}

#[apply(both_backends)]
async fn a_hundred_registrations_with_one_code_make_one_account(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &PATIENT).await else { return };
    let code = world.sms_code(MOBILE, "REGISTER").await;
    let input =
        json!({ "contact": mobile_with_code(MOBILE, &code), "password": PASSWORD, "acceptTerms": true });
    let outcomes = at_once(&world, "register", vec![input; 100]).await;
    let expected = BTreeMap::from([("SignedIn", 1), ("USED_UP", 99)]);
    assert_eq!(tally(&outcomes, reason), expected, "{outcomes:?}");
    let mut sql = world.sql().await;
    for rows in ["users", "sessions", "audit_events WHERE kind = 'registered'"] {
        assert_eq!(sql.count(rows).await, 1, "{rows}");
    }
}

#[apply(both_backends)]
async fn a_hundred_logins_with_one_code_open_one_session(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &PATIENT).await else { return };
    world.person(MOBILE, "lilei").await;
    world.advance(61);
    let code = world.sms_code(MOBILE, "LOGIN").await;
    let input = json!({ "contact": mobile_with_code(MOBILE, &code) });
    let outcomes = at_once(&world, "loginWithCode", vec![input; 100]).await;
    let expected = BTreeMap::from([("SignedIn", 1), ("USED_UP", 99)]);
    assert_eq!(tally(&outcomes, reason), expected, "{outcomes:?}");
    assert_eq!(world.sql().await.count("sessions").await, 2, "the first one is that of the registration");
}

#[apply(both_backends)]
async fn of_a_hundred_concurrent_guesses_five_are_compared_with_the_code(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &PATIENT).await else { return };
    world.person(MOBILE, "lilei").await;
    world.advance(61);
    let code = world.sms_code(MOBILE, "LOGIN").await;
    let input = |code: &str| json!({ "contact": mobile_with_code(MOBILE, code) });
    let guesses = (0..101).map(|n| format!("{n:06}")).filter(|guess| *guess != code).take(100);
    let outcomes = at_once(&world, "loginWithCode", guesses.map(|guess| input(&guess))).await;
    let expected = BTreeMap::from([("WRONG", 5), ("USED_UP", 95)]);
    assert_eq!(tally(&outcomes, reason), expected, "{outcomes:?}");
    let mut left: Vec<_> = outcomes.iter().filter(|outcome| reason(outcome) == "WRONG").collect();
    left.sort_by_key(|outcome| outcome["attemptsLeft"].as_u64());
    assert!((0..5).zip(&left).all(|(n, outcome)| outcome["attemptsLeft"] == n), "{left:?}");
    let outcome = world.browser().login_with_code(mobile_with_code(MOBILE, &code)).await;
    assert_eq!(reason(&outcome), "USED_UP", "the code that was sent is no longer accepted: {outcome}");
    assert_eq!(world.sql().await.count("sessions").await, 1);
}

#[apply(both_backends)]
async fn a_hundred_sends_to_one_number_send_one_code(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &PATIENT).await else { return };
    let input = json!({ "mobile": MOBILE, "purpose": "LOGIN" });
    let outcomes = at_once(&world, "sendSms", vec![input; 100]).await;
    assert_eq!(
        tally(&outcomes, kind),
        BTreeMap::from([("CodeSent", 1), ("RateLimited", 99)]),
        "{outcomes:?}"
    );
    assert_eq!(world.sql().await.count("messages").await, 1);
}

#[apply(both_backends)]
async fn gateways_that_start_together_agree_on_one_key(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    world.sql().await.run("DELETE FROM signing_keys").await;
    let gateways = join_all((0..4).map(|_| world.another_gateway())).await;
    for issuer in &gateways {
        let outcome = world.browser().at_gateway(issuer.address()).login("lilei", PASSWORD).await;
        let token = outcome["accessToken"].as_str().unwrap_or_else(|| panic!("no token in {outcome}"));
        for gateway in &gateways {
            let me = world.browser().at_gateway(gateway.address()).with_token(token).me().await;
            assert_eq!(me["id"], *person.id);
        }
    }
    assert_eq!(world.sql().await.count("signing_keys").await, 1);
}

#[apply(both_backends)]
async fn one_of_four_concurrent_registrations_gets_the_user_name(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &PATIENT).await else { return };
    let mut inputs = Vec::new();
    for n in 0..4 {
        let mobile = format!("+861380013800{n}");
        let code = world.sms_code(&mobile, "REGISTER").await;
        inputs.push(json!({
            "contact": mobile_with_code(&mobile, &code), "password": PASSWORD, "acceptTerms": true, "username": "lilei",
        }));
    }
    let outcomes = at_once(&world, "register", inputs.clone()).await;
    assert_eq!(
        tally(&outcomes, kind),
        BTreeMap::from([("SignedIn", 1), ("IdentifierTaken", 3)]),
        "{outcomes:?}"
    );
    // The codes of the other three are still valid.
    for (outcome, mut input) in outcomes.iter().zip(inputs) {
        if kind(outcome) == "IdentifierTaken" {
            assert_eq!(outcome["field"], "username", "{outcome}");
            input["username"] = Value::Null;
            let outcome = world.browser().register(input).await;
            assert_eq!(kind(&outcome), "SignedIn", "{outcome}");
        }
    }
    let mut sql = world.sql().await;
    assert_eq!((sql.count("users").await, sql.count("users WHERE username = 'lilei'").await), (4, 1));
}

#[apply(both_backends)]
async fn concurrent_logins_beyond_the_hashing_queue_are_turned_away(#[case] backend: Backend) {
    let narrow = [
        ("MENJIN_PASSWORDS_WORKERS", "1"),
        ("MENJIN_PASSWORDS_QUEUE", "2"),
        ("MENJIN_LIMITS_LOGIN_FREE", "50"),
    ];
    let Some(world) = World::start_with(backend, &[&PATIENT[..], &narrow].concat()).await else { return };
    world.person(MOBILE, "lilei").await;
    let input = json!({ "account": "lilei", "password": PASSWORD });
    let replies = join_all((0..40).map(async |_| world.browser().mutate("login", input.clone()).await)).await;
    let signed_in = replies.iter().filter(|reply| kind(&reply.json["data"]["login"]) == "SignedIn").count();
    let turned_away = replies.iter().filter(|reply| reply.error_code() == "UNAVAILABLE").count();
    let texts = || replies.iter().map(|reply| &reply.text).collect::<Vec<_>>();
    assert_eq!(signed_in + turned_away, 40, "{:?}", texts());
    assert!(
        signed_in >= 3 && turned_away > 0,
        "{signed_in} of 40: one hash is computed while two requests wait"
    );
    let sessions = world.sql().await.count("sessions").await;
    assert_eq!(usize::try_from(sessions), Ok(1 + signed_in), "the first one is that of the registration");
    assert_eq!(kind(&world.browser().login("lilei", PASSWORD).await), "SignedIn");
}
