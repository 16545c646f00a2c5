//! While a store is down, authentication answers `UNAVAILABLE` within a second and everything else works. All recovers
//! soon after the store is back, without a restart.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::browser::{ME, mobile_with_code};
use crate::support::proxy::ProxyState;
use crate::support::{PASSWORD, Person, Reply, World, kind};

const MOBILE: &str = "+8613800138000";
const OTHER: &str = "+8613900139000";
/// One second, with a margin for a busy machine.
const SOON: Duration = Duration::from_millis(1_500);

fn login() -> (&'static str, Value) {
    ("login", json!({ "account": "lilei", "password": PASSWORD }))
}

/// Sends to [`OTHER`]; [`all_are_unavailable`] gives each further caller another number, because of two concurrent calls
/// for one number only one reaches the outbox.
fn send_sms() -> (&'static str, Value) {
    ("sendSms", json!({ "mobile": OTHER, "purpose": "LOGIN" }))
}

fn login_with_code() -> (&'static str, Value) {
    ("loginWithCode", json!({ "contact": mobile_with_code(MOBILE, "000000") }))
}

fn register() -> (&'static str, Value) {
    (
        "register",
        json!({ "contact": mobile_with_code(OTHER, "000000"), "password": PASSWORD, "acceptTerms": true }),
    )
}

/// Asserts that many concurrent callers get `UNAVAILABLE` quickly.
async fn all_are_unavailable(world: &World, call: (&'static str, Value)) {
    let (mutation, input) = call;
    let replies = join_all((0..20).map(|n| {
        let (browser, mut input) = (world.browser(), input.clone());
        if mutation == "sendSms" && n > 0 {
            input["mobile"] = json!(format!("+86139001391{n:02}"));
        }
        async move {
            let began = Instant::now();
            (browser.mutate(mutation, input).await, began.elapsed())
        }
    }))
    .await;
    for (reply, took) in replies {
        assert_eq!(reply.error_code(), "UNAVAILABLE", "{mutation}: {}", reply.text);
        assert!(reply.status < 500, "GraphQL errors are in the body: {}", reply.status);
        assert!(took < SOON, "{mutation} took {took:?}");
    }
}

async fn within_deadline<T>(what: &str, answer: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let answer = answer.await;
    assert!(began.elapsed() < SOON, "{what} took {:?}", began.elapsed());
    answer
}

/// Repeats a request until it has the expected outcome, for five seconds at most.
async fn retry_until(world: &World, call: (&'static str, Value), expected: &str) {
    let (mutation, input) = call;
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let reply = world.browser().mutate(mutation, input.clone()).await;
        if kind(&reply.json["data"][mutation]) == expected {
            return;
        }
        assert!(Instant::now() < deadline, "{mutation} has not recovered: {}", reply.text);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn me(world: &World, person: &Person) -> Reply {
    within_deadline("me", world.browser().with_token(&person.token).post(ME, json!({}))).await
}

async fn settings_are_available(world: &World) {
    let document = "{ settings { passwordPolicy { minLength } } }";
    let settings =
        within_deadline("settings", world.browser().post(document, json!({}))).await.data("settings");
    assert_eq!(settings["passwordPolicy"]["minLength"], 8);
}

async fn while_redis_is_down(state: ProxyState) {
    let Some((world, redis, _)) = World::start_behind_proxies(&[]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    redis.set(state);
    for call in [login(), send_sms(), login_with_code(), register()] {
        all_are_unavailable(&world, call).await;
    }
    assert_eq!(me(&world, &person).await.data("me")["id"], *person.id, "sessions are in the database");
    settings_are_available(&world).await;
    redis.set(ProxyState::Up);
    retry_until(&world, login(), "SignedIn").await;
    retry_until(&world, send_sms(), "CodeSent").await;
}

async fn while_the_database_is_down(state: ProxyState) {
    let Some((world, _, database)) = World::start_behind_proxies(&[]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    database.set(state);
    for call in [login(), send_sms()] {
        all_are_unavailable(&world, call).await;
    }
    assert_eq!(me(&world, &person).await.error_code(), "UNAVAILABLE");
    settings_are_available(&world).await;
    database.set(ProxyState::Up);
    retry_until(&world, login(), "SignedIn").await;
    // Failed requests are not charged: a code can be sent to the same number at once.
    retry_until(&world, send_sms(), "CodeSent").await;
    assert_eq!(me(&world, &person).await.data("me")["id"], *person.id);
    world.code_for(OTHER).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_refuses_connections() {
    while_redis_is_down(ProxyState::Refusing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_hangs() {
    while_redis_is_down(ProxyState::Hanging).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_vanishes() {
    while_redis_is_down(ProxyState::Vanished).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_refuses_connections() {
    while_the_database_is_down(ProxyState::Refusing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_hangs() {
    while_the_database_is_down(ProxyState::Hanging).await;
}

/// As in a failover to another machine: the connections from before stay silent.
#[tokio::test(flavor = "multi_thread")]
async fn the_database_vanishes() {
    let Some((world, _, database)) = World::start_behind_proxies(&[]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    database.set(ProxyState::Vanished);
    // Enough requests to use every connection of the pool.
    for _ in 0..2 {
        let replies = (0..20).map(|_| {
            let browser = world.browser().with_token(&person.token);
            async move { browser.post(ME, json!({})).await }
        });
        for reply in join_all(replies).await {
            assert_eq!(reply.error_code(), "UNAVAILABLE", "{}", reply.text);
        }
    }
    database.set(ProxyState::Up);
    retry_until(&world, login(), "SignedIn").await;
}

/// A valid code stays valid if the account could not be written.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_stays_valid_while_the_database_is_down() {
    let Some((world, _, database)) = World::start_behind_proxies(&[]).await else { return };
    let code = world.sms_code(MOBILE, "REGISTER").await;
    let input =
        json!({ "contact": mobile_with_code(MOBILE, &code), "password": PASSWORD, "acceptTerms": true });
    database.set(ProxyState::Refusing);
    for _ in 0..3 {
        let reply = within_deadline("register", world.browser().mutate("register", input.clone())).await;
        assert_eq!(reply.error_code(), "UNAVAILABLE", "{}", reply.text);
    }
    database.set(ProxyState::Up);
    retry_until(&world, ("register", input), "SignedIn").await;
}
