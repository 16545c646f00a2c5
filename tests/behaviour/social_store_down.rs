//! Social sign-in while a store is down: it fails closed and quickly, and loses nothing.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::proxy::ProxyState;
use crate::support::social::by_password;
use crate::support::{PASSWORD, Reply, World, kind};

/// One second, with a margin for a busy machine.
const SOON: Duration = Duration::from_secs(2);

async fn within_deadline(what: &str, answer: impl Future<Output = Reply>) {
    let began = Instant::now();
    let reply = answer.await;
    assert_eq!(reply.error_code(), "UNAVAILABLE", "{what}: {}", reply.text);
    assert!(began.elapsed() < SOON, "{what} took {:?}", began.elapsed());
}

/// Repeats a request until it succeeds.
async fn retry_until_available(expected: &str, mut call: impl AsyncFnMut() -> Value) -> Value {
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
async fn without_redis_sign_ins_fail_and_tickets_stay_valid() {
    let Some((world, redis, _)) = World::start_behind_proxies(&[]).await else { return };
    world.person("+8613800138000", "hanmeimei").await;
    let browser = world.browser();
    let ticket = browser.ticket("qq", "han").await;
    redis.set(ProxyState::Refusing);
    within_deadline("qqAuthorizeUrl", browser.authorize_url_reply("qq", json!({}))).await;
    within_deadline("bindQq", browser.bind_reply("bindQq", &ticket, by_password("hanmeimei", PASSWORD)))
        .await;
    redis.set(ProxyState::Up);
    let bind = async || {
        let reply = browser.bind_reply("bindQq", &ticket, by_password("hanmeimei", PASSWORD)).await;
        reply.json["data"]["bindQq"].clone()
    };
    retry_until_available("SignedIn", bind).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_database_a_ticket_stays_valid() {
    let Some((world, _, database)) = World::start_behind_proxies(&[]).await else { return };
    world.person("+8613800138000", "hanmeimei").await;
    let browser = world.browser();
    let ticket = browser.ticket("qq", "han").await;
    let code = world.sms_code("+8613900139000", "BIND").await;
    let input = json!({ "ticket": ticket, "mobile": { "mobile": "+8613900139000", "code": code }, "acceptTerms": true });
    database.set(ProxyState::Refusing);
    within_deadline("registerWithQq", browser.register_with_input("registerWithQq", input.clone())).await;
    within_deadline("bindQq", browser.bind_reply("bindQq", &ticket, by_password("hanmeimei", PASSWORD)))
        .await;
    database.set(ProxyState::Up);
    // Ticket and code are still valid.
    let register = async || {
        let reply = browser.register_with_input("registerWithQq", input.clone()).await;
        reply.json["data"]["registerWithQq"].clone()
    };
    retry_until_available("SignedIn", register).await;
    assert_eq!(world.sql().await.count("identities").await, 1);
}
