//! Webhooks: events of accounts reach the endpoints, signed, at least once, and only the addresses that are allowed.

use std::time::Duration;

use menjin::core::clock::Clock;
use menjin::core::signing::standard_webhooks::WebhookSecret;
use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::receiver::{Received, Receiver};
use crate::support::{Backend, PASSWORD, World, both_backends};

const MOBILE: &str = "+8613800138000";
const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const OTHER_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async fn world(backend: Backend, receiver: &Receiver, events: &str) -> Option<World> {
    let endpoints = format!("crm={}", receiver.url);
    let settings = [
        ("MENJIN_WEBHOOKS_ENDPOINTS", endpoints.as_str()),
        ("MENJIN_WEBHOOKS_SECRETS", &format!("crm={SECRET}")),
        ("MENJIN_WEBHOOKS_EVENTS", events),
        ("MENJIN_WEBHOOKS_TIMEOUT", "2s"),
    ];
    World::start_with(backend, &settings).await
}

fn types(received: &[Received]) -> Vec<String> {
    received.iter().map(|webhook| webhook.json()["type"].as_str().unwrap_or_default().to_owned()).collect()
}

fn is_signed(webhook: &Received, secret: &str) -> bool {
    let secret: WebhookSecret = secret.parse().expect("a secret");
    let timestamp = webhook.header("webhook-timestamp").parse().expect("seconds");
    secret.verify(webhook.header("webhook-id"), timestamp, &webhook.body, webhook.header("webhook-signature"))
}

/// Waits until no delivery has the status `queued` and returns the statuses, oldest first.
async fn settled(world: &World) -> Vec<String> {
    for _ in 0..600 {
        let rows = world
            .sql()
            .await
            .texts("SELECT status AS value FROM webhook_deliveries ORDER BY created_at, id")
            .await;
        let waiting = world
            .sql()
            .await
            .texts("SELECT kind AS value FROM audit_events WHERE publication IS NOT NULL")
            .await;
        if waiting.is_empty() && !rows.iter().any(|status| status == "queued") {
            return rows;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("deliveries are still queued");
}

#[apply(both_backends)]
async fn events_are_signed_and_contain_no_contacts(#[case] backend: Backend) {
    let receiver = Receiver::start(&[]).await;
    let Some(world) = world(backend, &receiver, "*").await else { return };
    let person = world.person(MOBILE, "lilei").await;
    world.browser().login("lilei", PASSWORD).await;
    world.browser().login("lilei", "not the password").await;
    let received = receiver.wait_for(3).await;
    assert_eq!(types(&received).len(), 3);
    let registered =
        received.iter().find(|webhook| webhook.json()["type"] == "user.registered").expect("registered");
    let body = registered.json();
    assert_eq!(body["timestamp"], "2026-03-01T08:00:00.000Z");
    assert_eq!(body["data"]["user_id"], person.id.as_str());
    assert!(body["data"]["session_id"].is_string() && body["data"]["request"].is_null(), "{body}");
    assert_eq!(registered.header("content-type"), "application/json");
    assert!(registered.header("webhook-id").starts_with("evt_"));
    assert_eq!(registered.header("webhook-timestamp"), world.now().timestamp().to_string());
    for webhook in &received {
        assert!(is_signed(webhook, SECRET) && !is_signed(webhook, OTHER_SECRET));
        let text = webhook.json().to_string();
        assert!(
            !text.contains("13800138000") && !text.contains("lilei") && !text.contains("10.0."),
            "{text}"
        );
    }
    assert_eq!(settled(&world).await, ["delivered"; 3]);
}

#[apply(both_backends)]
async fn an_endpoint_receives_only_the_types_that_it_names(#[case] backend: Backend) {
    let receiver = Receiver::start(&[]).await;
    let Some(world) = world(backend, &receiver, "user.signed_in").await else { return };
    world.person(MOBILE, "lilei").await;
    world.browser().login("lilei", PASSWORD).await;
    receiver.wait_for(1).await;
    settled(&world).await;
    assert_eq!(types(&receiver.wait_for(1).await), ["user.signed_in"]);
}

#[apply(both_backends)]
async fn a_failed_attempt_is_repeated_with_the_same_id(#[case] backend: Backend) {
    let receiver = Receiver::start(&[500, 302, 0]).await;
    let Some(world) = world(backend, &receiver, "user.registered").await else { return };
    world.person(MOBILE, "lilei").await;
    receiver.wait_for(1).await;
    for (attempt, seconds) in [(2, 6), (3, 400), (4, 3_000)] {
        recorded(&world, attempt - 1).await;
        world.advance(seconds);
        receiver.wait_for(attempt).await;
    }
    assert_eq!(settled(&world).await, ["delivered"]);
    let received = receiver.wait_for(4).await;
    assert_eq!(received.len(), 4, "a redirect is not followed");
    assert!(
        received.iter().all(|webhook| is_signed(webhook, SECRET)),
        "each attempt has a signature of its own"
    );
    assert!(received.iter().all(|webhook| webhook.header("webhook-id") == received[0].header("webhook-id")));
    assert!(received.iter().all(|webhook| webhook.body == received[0].body));
}

/// Waits until the result of attempt `number` is recorded.
async fn recorded(world: &World, number: usize) {
    for _ in 0..600 {
        let query = format!(
            "SELECT status AS value FROM webhook_deliveries WHERE attempts = {number} AND lease IS NULL"
        );
        if world.sql().await.texts(&query).await.len() == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("attempt {number} was not recorded");
}

#[apply(both_backends)]
async fn an_endpoint_that_is_gone_is_not_asked_again_until_the_operator_replays(#[case] backend: Backend) {
    let receiver = Receiver::start(&[410]).await;
    let Some(world) = world(backend, &receiver, "user.registered").await else { return };
    world.person(MOBILE, "lilei").await;
    let first = receiver.wait_for(1).await[0].clone();
    assert_eq!(settled(&world).await, ["failed"]);
    let list = world.operator(&["webhooks", "list", "--status", "failed", "--json"]).await;
    let rows: Value = serde_json::from_str(&list.out).expect("JSON");
    assert_eq!((&rows[0]["lastError"], &rows[0]["endpoint"]), (&json!("status 410"), &json!("crm")));
    let event = rows[0]["eventId"].as_str().expect("an id");
    assert_eq!(event, first.header("webhook-id"));
    let nothing = world.operator(&["webhooks", "replay"]).await;
    assert!(nothing.code == 1 && nothing.err.contains("--event"), "{nothing:?}");
    let replayed = world.operator(&["webhooks", "replay", "--event", event]).await;
    assert_eq!(replayed.out, "1 deliveries queued again\n", "{replayed:?}");
    // The operator works at the real time.
    world.clock.advance(Clock::system().now() - world.now() + chrono::TimeDelta::seconds(1));
    let received = receiver.wait_for(2).await;
    assert_eq!(received[1].header("webhook-id"), first.header("webhook-id"));
    assert_eq!(settled(&world).await, ["delivered"]);
}

#[apply(both_backends)]
async fn two_gateways_send_each_event_once(#[case] backend: Backend) {
    let receiver = Receiver::start(&[]).await;
    let Some(world) = world(backend, &receiver, "user.signed_in").await else { return };
    let other = world.another_gateway().await;
    world.person(MOBILE, "lilei").await;
    for _ in 0..5 {
        world.browser().login("lilei", PASSWORD).await;
        world.browser().at_gateway(other.address()).login("lilei", PASSWORD).await;
    }
    receiver.wait_for(10).await;
    assert_eq!(settled(&world).await, ["delivered"; 10]);
    let mut ids: Vec<_> =
        receiver.wait_for(10).await.iter().map(|webhook| webhook.header("webhook-id").to_owned()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), receiver.count()), (10, 10));
}

#[apply(both_backends)]
async fn an_endpoint_that_hangs_does_not_delay_others(#[case] backend: Backend) {
    let (hanging, healthy) = (Receiver::start(&[0; 50]).await, Receiver::start(&[]).await);
    let settings = [
        ("MENJIN_WEBHOOKS_ENDPOINTS", &*format!("slow={},crm={}", hanging.url, healthy.url)),
        ("MENJIN_WEBHOOKS_SECRETS", &format!("crm={SECRET},crm={OTHER_SECRET},slow={SECRET}")),
        ("MENJIN_WEBHOOKS_TIMEOUT", "60s"),
        ("MENJIN_WEBHOOKS_EVENTS", "user.signed_in"),
    ];
    let Some(world) = World::start_with(backend, &settings).await else { return };
    world.person(MOBILE, "lilei").await;
    for _ in 0..8 {
        world.browser().login("lilei", PASSWORD).await;
    }
    let received = healthy.wait_for(8).await;
    assert_eq!(hanging.wait_for(4).await.len(), 4, "as many as `webhooks.concurrency`");
    assert!(received.iter().all(|webhook| is_signed(webhook, SECRET) && is_signed(webhook, OTHER_SECRET)));
}

#[apply(both_backends)]
async fn the_operator_can_send_a_test_event(#[case] backend: Backend) {
    let receiver = Receiver::start(&[204, 503]).await;
    let Some(world) = world(backend, &receiver, "user.registered").await else { return };
    let sent = world.operator(&["webhooks", "test", "crm"]).await;
    assert!(sent.code == 0 && sent.out.contains("delivered to crm: status 204"), "{sent:?}");
    let received = receiver.wait_for(1).await;
    assert_eq!(received[0].json()["type"], "webhook.test");
    assert!(is_signed(&received[0], SECRET));
    let failed = world.operator(&["webhooks", "test", "crm"]).await;
    assert!(failed.code == 1 && failed.err.contains("status 503"), "{failed:?}");
    let unknown = world.operator(&["webhooks", "test", "nobody"]).await;
    assert!(unknown.code == 1 && unknown.err.contains("configured: crm"), "{unknown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_internal_address_is_refused_however_it_is_named() {
    let receiver = Receiver::start(&[]).await;
    let port = receiver.url.split(':').next_back().expect("a port");
    let Some(world) = World::start(Backend::Servers).await else { return };
    for host in ["localhost", "LOCALHOST"] {
        let settings = [
            ("MENJIN_MODE", "production"),
            ("MENJIN_WEBHOOKS_ENDPOINTS", &*format!("crm=https://{host}:{port}")),
            ("MENJIN_WEBHOOKS_SECRETS", &format!("crm={SECRET}")),
            ("MENJIN_HTTP_PUBLIC_URL", "https://auth.example.com"),
            ("MENJIN_ACCOUNTS_RESET_URL", "https://app.example.com/reset"),
            ("MENJIN_SMTP_HOST", "mail.example.com"),
            ("MENJIN_SMTP_FROM", "no-reply@example.com"),
        ];
        let refused = world.operator_with_settings(&settings, &["webhooks", "test", "crm"]).await;
        assert!(refused.err.contains("leads to no allowed address"), "{host}: {refused:?}");
    }
    for host in [
        "127.0.0.1",
        "[::1]",
        "0x7f.1",
        "2130706433",
        "017700000001",
        "[::ffff:127.0.0.1]",
        "100.100.100.200",
    ] {
        let settings = [
            ("MENJIN_MODE", "production"),
            ("MENJIN_WEBHOOKS_ENDPOINTS", &*format!("crm=https://{host}:{port}")),
            ("MENJIN_WEBHOOKS_SECRETS", &format!("crm={SECRET}")),
        ];
        let refused = world.operator_with_settings(&settings, &["webhooks", "test", "crm"]).await;
        assert!(
            refused.code == 2 && refused.err.contains("webhooks.allowed_networks"),
            "{host}: {refused:?}"
        );
    }
    assert_eq!(receiver.count(), 0);
}

#[apply(both_backends)]
async fn applications_learn_which_account_was_deleted(#[case] backend: Backend) {
    let receiver = Receiver::start(&[]).await;
    let Some(world) = world(backend, &receiver, "user.deletion_completed").await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let endpoints = ["crm".to_owned()];
    world.sql().await.run("UPDATE users SET delete_at = created_at").await;
    assert_eq!(world.gateway.db().erase_due(world.now(), &endpoints).await, Ok(1));
    let received = receiver.wait_for(1).await;
    assert_eq!(received[0].json()["data"]["user_id"], person.id.as_str());
    settled(&world).await;
    let log = world.operator(&["audit", "--json"]).await.out;
    assert!(!log.contains(&person.id), "the log does not name the account: {log}");
}
