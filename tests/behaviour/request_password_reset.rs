//! `requestPasswordReset` and `resetLink`: sends a reset link, without revealing whether an account exists.

use rstest_reuse::apply;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::{Backend, World, both_backends, invalid_fields, kind, timestamp};

const EMAIL: &str = "lilei@example.com";
const LINK: &str = "query($token: String!) { resetLink(token: $token) { destination expiresAt } }";

async fn ask(browser: &Browser, email: &str) -> Value {
    browser.mutate("requestPasswordReset", json!({ "email": email })).await.data("requestPasswordReset")
}

async fn link(world: &World, token: &str) -> Value {
    world.browser().post(LINK, json!({ "token": token })).await.data("resetLink")
}

#[apply(both_backends)]
async fn a_link_is_mailed_and_can_be_checked(#[case] backend: Backend) {
    let Some(world) = World::start_with(
        backend,
        &[("MENJIN_ACCOUNTS_RESET_URL", "https://app.example/forgotten?from=mail")],
    )
    .await
    else {
        return;
    };
    world.person_by_email(EMAIL).await;
    world.advance(61);
    let asked = ask(&world.browser(), "LILEI@example.com").await;
    assert_eq!(kind(&asked), "ResetRequested", "{asked}");
    assert_eq!(asked["destination"], "LI***@example.com");
    assert_eq!((timestamp(&asked, "expiresAt") - world.now()).num_minutes(), 30);
    assert_eq!((timestamp(&asked, "resendAt") - world.now()).num_seconds(), 60);
    let mail = world.message_for(EMAIL).await;
    let body = mail["body"].as_str().expect("a text");
    assert!(body.contains("https://app.example/forgotten?from=mail&token="), "{body}");
    assert!(mail["html"].as_str().is_some_and(|html| html.contains("<a href=")), "{mail}");
    assert_eq!(mail["code"], Value::Null);
    let token = body.split_once("token=").expect("a token").1.split_whitespace().next().expect("a token");
    assert_eq!(token.len(), 43, "256 bits");
    for _ in 0..3 {
        let seen = link(&world, token).await;
        assert_eq!(seen["destination"], "li***@example.com", "checking the link does not use it up");
    }
    world.advance(1_799);
    assert!(link(&world, token).await.is_object());
    world.advance(1);
    assert_eq!(link(&world, token).await, Value::Null, "it has expired");
    let mut sql = world.sql().await;
    assert_eq!(sql.count("reset_links WHERE used_at IS NOT NULL").await, 0);
    assert_eq!(
        sql.count("audit_events WHERE kind = 'password_reset_requested' AND user_id IS NOT NULL").await,
        1
    );
}

#[apply(both_backends)]
async fn the_response_does_not_reveal_whether_an_account_exists(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person_by_email(EMAIL).await;
    world.person_by_email("disabled1@example.com").await;
    world.sql().await.run("UPDATE users SET status = 'disabled' WHERE email LIKE 'disabled%'").await;
    world.advance(61);
    let known = ask(&world.browser(), EMAIL).await;
    for other in ["lonely@example.com", "disabled1@example.com"] {
        let mut unknown = ask(&world.browser(), other).await;
        assert_eq!(unknown["destination"], format!("{}***@example.com", &other[..2]));
        unknown["destination"] = known["destination"].clone();
        assert_eq!(unknown, known, "{other}");
    }
    world.reset_token(EMAIL).await;
    let mut sql = world.sql().await;
    assert_eq!(sql.count("reset_links").await, 3, "the same rows are inserted");
    assert_eq!(sql.count("reset_links WHERE user_id IS NULL").await, 2);
    assert_eq!(sql.count("messages WHERE kind = 'link.reset_password'").await, 3);
    assert_eq!(sql.count("audit_events WHERE kind = 'password_reset_requested'").await, 3);
    assert_eq!(sql.count("messages WHERE masked LIKE 'lo%'").await, 0, "the address is not stored");
    tokio::time::sleep(Duration::from_millis(300)).await;
    let inbox = world.inbox().await;
    let theirs =
        |message: &&Value| message["subject"].as_str().is_some_and(|text| text.contains("password reset"));
    assert_eq!(inbox.iter().filter(theirs).count(), 1, "{inbox:#?}");
}

#[apply(both_backends)]
async fn the_link_has_the_configured_host(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person_by_email(EMAIL).await;
    world.advance(61);
    let browser = world.browser();
    ask(&browser, EMAIL).await;
    let mail = world.message_for(EMAIL).await;
    let expected = format!("http://{}/reset?token=", world.gateway.address());
    assert!(mail["body"].as_str().is_some_and(|text| text.contains(&expected)), "{mail}");
}

#[apply(both_backends)]
async fn it_shares_the_limits_of_codes_by_email(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for email in [EMAIL, "lonely@example.com"] {
        assert_eq!(kind(&ask(&world.browser(), email).await), "ResetRequested");
        let again = ask(&world.browser(), email).await;
        assert_eq!(kind(&again), "RateLimited");
        assert_eq!((timestamp(&again, "retryAt") - world.now()).num_seconds(), 60);
        assert_eq!(kind(&world.browser().send_email_code(email, "LOGIN").await), "RateLimited");
    }
    let browser = world.browser();
    let mut asked = 0;
    while kind(&ask(&browser, &format!("somebody{asked}@example.com")).await) == "ResetRequested" {
        asked += 1;
        assert!(asked < 100, "there is no limit");
    }
    assert!(asked >= 10, "{asked}");
}

#[apply(both_backends)]
async fn tagged_addresses_share_the_limits_of_their_mailbox(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    assert_eq!(kind(&ask(&world.browser(), "lilei+shop@example.com").await), "ResetRequested");
    for same in [EMAIL, "lilei+other@example.com"] {
        assert_eq!(kind(&ask(&world.browser(), same).await), "RateLimited", "{same}");
    }
    assert_eq!(kind(&world.browser().send_email_code(EMAIL, "LOGIN").await), "RateLimited");
}

#[apply(both_backends)]
async fn invalid_links_and_addresses_are_rejected(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let long = "A".repeat(43);
    for token in ["", "x", "\u{0}", long.as_str(), "' OR 1=1 --"] {
        assert_eq!(link(&world, token).await, Value::Null, "{token:?}");
    }
    assert_eq!(invalid_fields(&ask(&world.browser(), "nobody").await), ["email NOT_AN_EMAIL"]);
    assert_eq!(invalid_fields(&ask(&world.browser(), " ").await), ["email EMPTY"]);
}

/// Not a measurement of timing differences, which needs an idle machine: finds code that waits for something.
#[tokio::test(flavor = "multi_thread")]
async fn known_and_unknown_addresses_are_answered_quickly() {
    let Some(world) = World::start(Backend::Embedded).await else { return };
    world.person_by_email(EMAIL).await;
    world.advance(61);
    for email in [EMAIL, "lonely@example.com"] {
        let began = Instant::now();
        ask(&world.browser(), email).await;
        assert!(began.elapsed() < Duration::from_secs(2), "{email}");
    }
}
