//! Many at once: what may happen once happens once.

use rstest_reuse::apply;
use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::browser::mobile_proof;
use crate::support::{Backend, Browser, PASSWORD, World, both_backends, kind};

const MOBILE: &str = "+8613800138000";

/// What a caller got in the end.
struct Ending {
    outcome: Value,
    /// Whether the caller was turned away on the way, at a point where the code may have been redeemed already.
    doubtful: bool,
}

/// Calls until the answer is an outcome. A machine that is busy with a hundred callers and with other tests may say
/// `UNAVAILABLE` to some of them; they come again, as a client would.
async fn insist(browser: Browser, mutation: &str, input: Value) -> Ending {
    let mut doubtful = false;
    for _ in 0..200 {
        let reply = browser.mutate(mutation, input.clone()).await;
        if reply.error_code() != "UNAVAILABLE" {
            return Ending { outcome: reply.data(mutation), doubtful };
        }
        // Limits are charged before a code is looked at.
        doubtful |= !reply.log().iter().any(|line| line.contains("\"cause\":\"limits\""));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{mutation} is never available");
}

/// One of a hundred had the code, and ninety-nine were told that it is used up. Tells how many had it: none, where a
/// caller who had it was turned away after that.
fn one_had_it(endings: &[Ending]) -> i64 {
    let tally = tally(endings.iter().map(|ending| &ending.outcome));
    let signed_in = tally.get("SignedIn").copied().unwrap_or_default();
    assert_eq!(tally.get("CodeRejected"), Some(&(100 - signed_in)), "{tally:?}");
    let doubtful = endings.iter().any(|ending| ending.doubtful);
    assert!(signed_in == 1 || (signed_in == 0 && doubtful), "{tally:?}");
    i64::try_from(signed_in).expect("one or none")
}

/// How often each member of the union was the answer.
fn tally<'a>(outcomes: impl IntoIterator<Item = &'a Value>) -> BTreeMap<&'a str, usize> {
    let mut tally = BTreeMap::new();
    for outcome in outcomes {
        *tally.entry(kind(outcome)).or_default() += 1;
    }
    tally
}

#[apply(both_backends)]
async fn a_hundred_registrations_with_one_code_make_one_account(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_REDIS_POOL_SIZE", "32")]).await else { return };
    let code = world.sms_code(MOBILE, "REGISTER").await;
    let endings = join_all((0..100).map(|_| {
        let input =
            json!({ "contact": mobile_proof(MOBILE, &code), "password": PASSWORD, "acceptTerms": true });
        let browser = world.browser();
        insist(browser, "register", input)
    }))
    .await;
    let expected = one_had_it(&endings);
    let mut sql = world.sql().await;
    for rows in ["users", "sessions", "audit_events WHERE kind = 'registered'"] {
        assert_eq!(sql.count(rows).await, expected, "{rows}");
    }
}

#[apply(both_backends)]
async fn a_hundred_logins_with_one_code_open_one_session(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_REDIS_POOL_SIZE", "32")]).await else { return };
    world.person(MOBILE, "lilei").await;
    world.advance(61);
    let code = world.sms_code(MOBILE, "LOGIN").await;
    let endings = join_all((0..100).map(|_| {
        insist(world.browser(), "loginWithCode", json!({ "contact": mobile_proof(MOBILE, &code) }))
    }))
    .await;
    let opened = one_had_it(&endings);
    assert_eq!(world.sql().await.count("sessions").await, 1 + opened);
}

#[apply(both_backends)]
async fn a_hundred_guesses_are_five(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_REDIS_POOL_SIZE", "32")]).await else { return };
    let code = world.sms_code(MOBILE, "LOGIN").await;
    let guesses = (0..100).map(|n| format!("{n:06}")).filter(|guess| *guess != code);
    let endings = join_all(guesses.map(|guess| {
        insist(world.browser(), "loginWithCode", json!({ "contact": mobile_proof(MOBILE, &guess) }))
    }))
    .await;
    let judged = endings.iter().filter(|ending| ending.outcome["reason"] == "WRONG").count();
    let doubtful = endings.iter().filter(|ending| ending.doubtful).count();
    assert!(judged <= 5 && judged + doubtful >= 5, "{judged}, {doubtful}");
}

#[apply(both_backends)]
async fn a_hundred_sends_to_one_number_send_one_code(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_REDIS_POOL_SIZE", "32")]).await else { return };
    let endings = join_all(
        (0..100).map(|_| insist(world.browser(), "sendSms", json!({ "mobile": MOBILE, "purpose": "LOGIN" }))),
    )
    .await;
    let tally = tally(endings.iter().map(|ending| &ending.outcome));
    assert_eq!((tally.get("CodeSent"), tally.get("RateLimited")), (Some(&1), Some(&99)), "{tally:?}");
    assert_eq!(world.sql().await.count("messages").await, 1);
}

#[apply(both_backends)]
async fn gateways_that_start_together_agree_on_one_key(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    world.sql().await.run("DELETE FROM signing_keys").await;
    let gateways = join_all((0..4).map(|_| world.another_gateway())).await;
    let browser = world.browser().at_gateway(gateways[0].address());
    let outcome = browser.login("lilei", PASSWORD).await;
    let token = outcome["accessToken"].as_str().unwrap_or_else(|| panic!("no token in {outcome}"));
    for gateway in gateways {
        let me = world.browser().at_gateway(gateway.address()).bearing(token).me().await;
        assert_eq!(me["id"], *person.id);
    }
    assert_eq!(world.sql().await.count("signing_keys").await, 1);
}

#[apply(both_backends)]
async fn one_name_goes_to_one_of_those_who_want_it(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let mut codes = Vec::new();
    for n in 0..4 {
        let mobile = format!("+861380013800{n}");
        codes.push((world.sms_code(&mobile, "REGISTER").await, mobile));
    }
    let endings = join_all(codes.iter().map(|(code, mobile)| {
        let browser = world.browser();
        let input = json!({
            "contact": mobile_proof(mobile, code), "password": PASSWORD, "acceptTerms": true, "username": "lilei",
        });
        insist(browser, "register", input)
    }))
    .await;
    let outcomes: Vec<_> = endings.into_iter().map(|ending| ending.outcome).collect();
    let tally = tally(&outcomes);
    assert_eq!((tally.get("SignedIn"), tally.get("IdentifierTaken")), (Some(&1), Some(&3)), "{tally:?}");
    // Those who came too late still have their codes.
    for (outcome, (code, mobile)) in outcomes.iter().zip(&codes) {
        if kind(outcome) == "IdentifierTaken" {
            let input =
                json!({ "contact": mobile_proof(mobile, code), "password": PASSWORD, "acceptTerms": true });
            assert_eq!(kind(&world.browser().register(input).await), "SignedIn");
        }
    }
    assert_eq!(world.sql().await.count("users").await, 4);
}

#[apply(both_backends)]
async fn many_passwords_at_once_are_worked_off_or_turned_away(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "lilei").await;
    let outcomes = join_all((0..40).map(|_| {
        let browser = world.browser();
        async move {
            let input = json!({ "account": "lilei", "password": PASSWORD });
            browser.mutate("login", input).await
        }
    }))
    .await;
    let signed_in = outcomes.iter().filter(|reply| kind(&reply.json["data"]["login"]) == "SignedIn").count();
    assert!(signed_in >= 1);
    for reply in &outcomes {
        let kind = kind(&reply.json["data"]["login"]);
        let fine = ["SignedIn", "RateLimited"].contains(&kind) || reply.error_code() == "UNAVAILABLE";
        assert!(fine, "{}", reply.text);
    }
}
