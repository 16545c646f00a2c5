//! Social sign-in while a store is away: it fails closed, soon, and loses nothing.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::proxy::Line;
use crate::support::social::by_password;
use crate::support::{PASSWORD, Reply, World, kind};

/// A second, and what a busy machine may add.
const SOON: Duration = Duration::from_secs(2);

async fn soon(what: &str, answer: impl Future<Output = Reply>) {
    let began = Instant::now();
    let reply = answer.await;
    assert_eq!(reply.error_code(), "UNAVAILABLE", "{what}: {}", reply.text);
    assert!(began.elapsed() < SOON, "{what} took {:?}", began.elapsed());
}

/// Tries until it is well again.
async fn at_last(expected: &str, mut call: impl AsyncFnMut() -> Value) -> Value {
    let deadline = Instant::now() + Duration::from_secs(8);
    loop {
        let outcome = call().await;
        if kind(&outcome) == expected {
            return outcome;
        }
        assert!(Instant::now() < deadline, "{expected} does not come: {outcome}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_nothing_begins_and_tickets_wait() {
    let Some((world, redis, _)) = World::start_behind_proxies(&[]).await else { return };
    world.person("+8613800138000", "hanmeimei").await;
    let browser = world.browser();
    let ticket = browser.ticket("qq", "han").await;
    redis.set(Line::Refusing);
    soon("qqAuthorizeUrl", browser.begin_with("qq", json!({}))).await;
    soon("bindQq", browser.bind_reply("bindQq", &ticket, by_password("hanmeimei", PASSWORD))).await;
    redis.set(Line::Up);
    let bind = async || {
        let reply = browser.bind_reply("bindQq", &ticket, by_password("hanmeimei", PASSWORD)).await;
        reply.json["data"]["bindQq"].clone()
    };
    at_last("SignedIn", bind).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_database_a_ticket_is_given_back() {
    let Some((world, _, database)) = World::start_behind_proxies(&[]).await else { return };
    world.person("+8613800138000", "hanmeimei").await;
    let browser = world.browser();
    let ticket = browser.ticket("qq", "han").await;
    let code = world.sms_code("+8613900139000", "BIND").await;
    let input = json!({ "ticket": ticket, "mobile": { "mobile": "+8613900139000", "code": code }, "acceptTerms": true });
    database.set(Line::Refusing);
    soon("registerWithQq", browser.register_with_input("registerWithQq", input.clone())).await;
    soon("bindQq", browser.bind_reply("bindQq", &ticket, by_password("hanmeimei", PASSWORD))).await;
    database.set(Line::Up);
    // Neither the ticket nor the code was used up.
    let register = async || {
        let reply = browser.register_with_input("registerWithQq", input.clone()).await;
        reply.json["data"]["registerWithQq"].clone()
    };
    at_last("SignedIn", register).await;
    assert_eq!(world.sql().await.count("identities").await, 1);
}
