//! A store that is away: steps of authentication answer `UNAVAILABLE` within a second, everything else goes on, and
//! all is well again soon after the store is back, without a restart.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::browser::{ME, mobile_proof};
use crate::support::proxy::Line;
use crate::support::{PASSWORD, Person, Reply, World, kind};

const MOBILE: &str = "+8613800138000";
const OTHER: &str = "+8613900139000";
/// A second, and what a busy machine may add.
const SOON: Duration = Duration::from_millis(1_500);

fn login() -> (&'static str, Value) {
    ("login", json!({ "account": "lilei", "password": PASSWORD }))
}

/// To [`OTHER`]; [`turned_away`] gives each further caller a number of its own, because of two calls at the same time
/// for one number only one gets as far as the outbox.
fn send_sms() -> (&'static str, Value) {
    ("sendSms", json!({ "mobile": OTHER, "purpose": "LOGIN" }))
}

fn login_with_code() -> (&'static str, Value) {
    ("loginWithCode", json!({ "contact": mobile_proof(MOBILE, "000000") }))
}

fn register() -> (&'static str, Value) {
    (
        "register",
        json!({ "contact": mobile_proof(OTHER, "000000"), "password": PASSWORD, "acceptTerms": true }),
    )
}

/// Many callers at once: each is told to come again later, soon.
async fn turned_away(world: &World, call: (&'static str, Value)) {
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
        assert!(reply.status < 500, "clients read errors of GraphQL from the body: {}", reply.status);
        assert!(took < SOON, "{mutation} took {took:?}");
    }
}

async fn timely<T>(what: &str, answer: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let answer = answer.await;
    assert!(began.elapsed() < SOON, "{what} took {:?}", began.elapsed());
    answer
}

/// Tries until it is well again: five seconds at the most.
async fn again(world: &World, call: (&'static str, Value), expected: &str) {
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
    timely("me", world.browser().bearing(&person.token).post(ME, json!({}))).await
}

async fn settings_go_on(world: &World) {
    let document = "{ settings { passwordPolicy { minLength } } }";
    let settings = timely("settings", world.browser().post(document, json!({}))).await.data("settings");
    assert_eq!(settings["passwordPolicy"]["minLength"], 8);
}

async fn redis_away(line: Line) {
    let Some((world, redis, _)) = World::start_behind_proxies(&[]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    redis.set(line);
    for call in [login(), send_sms(), login_with_code(), register()] {
        turned_away(&world, call).await;
    }
    assert_eq!(me(&world, &person).await.data("me")["id"], *person.id, "sessions live in the database");
    settings_go_on(&world).await;
    redis.set(Line::Up);
    again(&world, login(), "SignedIn").await;
    again(&world, send_sms(), "CodeSent").await;
}

async fn database_away(line: Line) {
    let Some((world, _, database)) = World::start_behind_proxies(&[]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    database.set(line);
    for call in [login(), send_sms()] {
        turned_away(&world, call).await;
    }
    assert_eq!(me(&world, &person).await.error_code(), "UNAVAILABLE");
    settings_go_on(&world).await;
    database.set(Line::Up);
    again(&world, login(), "SignedIn").await;
    // What failed was not charged: the same number may be sent to at once.
    again(&world, send_sms(), "CodeSent").await;
    assert_eq!(me(&world, &person).await.data("me")["id"], *person.id);
    world.code_for(OTHER).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_refuses() {
    redis_away(Line::Refusing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_hangs() {
    redis_away(Line::Hanging).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_vanishes() {
    redis_away(Line::Vanished).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_refuses() {
    database_away(Line::Refusing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_hangs() {
    database_away(Line::Hanging).await;
}

/// As when another machine takes its place: no connection of before comes back.
#[tokio::test(flavor = "multi_thread")]
async fn the_database_vanishes() {
    let Some((world, _, database)) = World::start_behind_proxies(&[]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    database.set(Line::Vanished);
    // Enough callers to meet every connection of the pool.
    for _ in 0..2 {
        let replies = (0..20).map(|_| {
            let browser = world.browser().bearing(&person.token);
            async move { browser.post(ME, json!({})).await }
        });
        for reply in join_all(replies).await {
            assert_eq!(reply.error_code(), "UNAVAILABLE", "{}", reply.text);
        }
    }
    database.set(Line::Up);
    again(&world, login(), "SignedIn").await;
}

/// A code that was right stays good when the account could not be written.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_outlives_a_database_that_is_away() {
    let Some((world, _, database)) = World::start_behind_proxies(&[]).await else { return };
    let code = world.sms_code(MOBILE, "REGISTER").await;
    let input = json!({ "contact": mobile_proof(MOBILE, &code), "password": PASSWORD, "acceptTerms": true });
    database.set(Line::Refusing);
    for _ in 0..3 {
        let reply = timely("register", world.browser().mutate("register", input.clone())).await;
        assert_eq!(reply.error_code(), "UNAVAILABLE", "{}", reply.text);
    }
    database.set(Line::Up);
    again(&world, ("register", input), "SignedIn").await;
}
