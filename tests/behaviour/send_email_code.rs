//! `sendEmailCode`: sends a code to an e-mail address.

use chrono::TimeDelta;
use rstest_reuse::apply;

use crate::support::browser::email_with_code;
use crate::support::{Backend, World, both_backends, invalid_fields, kind, timestamp};

const EMAIL: &str = "mei.han@example.com";

#[apply(both_backends)]
async fn a_code_is_delivered(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let sent = world.browser().send_email_code("Mei.Han@Example.com", "REGISTER").await;
    assert_eq!(kind(&sent), "CodeSent", "{sent}");
    assert_eq!(timestamp(&sent, "expiresAt"), world.now() + TimeDelta::minutes(10));
    assert_eq!(timestamp(&sent, "resendAt"), world.now() + TimeDelta::seconds(60));
    assert_eq!(sent["delivery"]["channel"], "EMAIL");
    let masked = sent["destination"].as_str().expect("a text");
    assert!(masked.contains('*') && !masked.to_lowercase().contains("mei.han"), "{masked}");
    let message = world.message_for(EMAIL).await;
    let code = message["code"].as_str().expect("a code");
    assert_eq!(message["channel"], "email");
    assert!(message["body"].as_str().expect("a body").contains(code));
    assert!(message["html"].as_str().expect("an HTML part").contains(code));
    let subject = message["subject"].as_str().expect("a subject");
    assert!(!subject.is_empty() && !subject.contains(code), "subjects are shown on lock screens: {subject}");
}

#[apply(both_backends)]
async fn the_message_is_in_the_language_of_the_client(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    world.browser().speaking("zh").send_email_code("zh@example.com", "LOGIN").await;
    world.browser().speaking("en").send_email_code("en@example.com", "LOGIN").await;
    for (address, expected) in [("zh@example.com", true), ("en@example.com", false)] {
        let message = world.message_for(address).await;
        assert_eq!(chinese(message["body"].as_str().expect("a body")), expected, "{message}");
        assert_eq!(chinese(message["subject"].as_str().expect("a subject")), expected, "{message}");
    }
}

#[apply(both_backends)]
async fn the_response_does_not_reveal_whether_an_account_exists(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person_by_email("mei@example.com").await;
    world.advance(61);
    let mut known = world.browser().send_email_code("mei@example.com", "LOGIN").await;
    let mut unknown = world.browser().send_email_code("may@example.com", "LOGIN").await;
    assert_eq!(kind(&known), "CodeSent", "{known}");
    for sent in [&mut known, &mut unknown] {
        sent["delivery"]["id"].take();
        sent["destination"].take();
    }
    assert_eq!(known, unknown);
}

#[apply(both_backends)]
async fn codes_are_limited_to_one_per_minute_and_ten_per_day(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let first = world.browser().send_email_code(EMAIL, "LOGIN").await;
    let outcome = world.browser().send_email_code("MEI.HAN@EXAMPLE.COM", "REGISTER").await;
    assert_eq!(kind(&outcome), "RateLimited", "{outcome}");
    assert_eq!(timestamp(&outcome, "retryAt"), timestamp(&first, "resendAt"));
    for _ in 1..10 {
        world.advance(60);
        assert_eq!(kind(&world.browser().send_email_code(EMAIL, "LOGIN").await), "CodeSent");
    }
    world.advance(60);
    let outcome = world.browser().send_email_code(EMAIL, "LOGIN").await;
    assert_eq!(kind(&outcome), "RateLimited", "{outcome}");
    assert!(timestamp(&outcome, "retryAt") - world.now() > TimeDelta::minutes(30), "{outcome}");
}

#[apply(both_backends)]
async fn tagged_addresses_share_the_limits_of_their_mailbox(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    assert_eq!(kind(&world.browser().send_email_code(EMAIL, "LOGIN").await), "CodeSent");
    for tagged in ["mei.han+1@example.com", "Mei.Han+shop+2@example.com"] {
        let outcome = world.browser().send_email_code(tagged, "LOGIN").await;
        assert_eq!(kind(&outcome), "RateLimited", "{tagged}: {outcome}");
    }
    world.advance(60);
    assert_eq!(kind(&world.browser().send_email_code("mei.han+1@example.com", "LOGIN").await), "CodeSent");
    // They are different contacts: a code for one is not valid for the other.
    let code = world.code_for("mei.han+1@example.com").await;
    let outcome = world.browser().login_with_code(email_with_code(EMAIL, &code)).await;
    assert_eq!(kind(&outcome), "CodeRejected", "{outcome}");
}

#[apply(both_backends)]
async fn sms_and_email_share_the_limit_per_client_address(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let address = "198.51.100.7";
    for n in 0..10 {
        let sent = world.browser_at(address).send_email_code(&format!("mei{n}@example.com"), "LOGIN").await;
        assert_eq!(kind(&sent), "CodeSent", "{n}: {sent}");
        let sent = world.browser_at(address).send_sms(&format!("+861380013800{n}"), "LOGIN").await;
        assert_eq!(kind(&sent), "CodeSent", "{n}: {sent}");
    }
    let outcome = world.browser_at(address).send_email_code(EMAIL, "LOGIN").await;
    assert_eq!(kind(&outcome), "RateLimited", "{outcome}");
}

#[apply(both_backends)]
async fn invalid_addresses_are_rejected(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for bad in [
        "",
        "mei",
        "mei@",
        "@example.com",
        "mei@example",
        "mei han@example.com",
        "a@b@example.com",
        "mei@exa_mple..com",
    ] {
        let outcome = world.browser().send_email_code(bad, "LOGIN").await;
        assert!(invalid_fields(&outcome)[0].starts_with("email "), "{bad}: {outcome}");
    }
    // Neither headers nor further recipients can be injected.
    for bad in
        ["mei@example.com\r\nBcc: all@example.com", "mei@example.com, may@example.com", "<mei@example.com>"]
    {
        assert_eq!(kind(&world.browser().send_email_code(bad, "LOGIN").await), "InvalidInput", "{bad}");
    }
    assert_eq!(world.sql().await.count("messages").await, 0);
}
