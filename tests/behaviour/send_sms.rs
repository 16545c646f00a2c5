//! `sendSms`: sends a code to a mobile number.

use chrono::TimeDelta;
use rstest_reuse::apply;
use serde_json::json;

use crate::support::{Backend, World, both_backends, invalid_fields, kind, timestamp};

const MOBILE: &str = "+8613800138000";

#[apply(both_backends)]
async fn a_code_is_delivered(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let sent = world.browser().send_sms("138 0013 8000", "REGISTER").await;
    assert_eq!(kind(&sent), "CodeSent", "{sent}");
    assert_eq!(timestamp(&sent, "expiresAt"), world.now() + TimeDelta::minutes(10));
    assert_eq!(timestamp(&sent, "resendAt"), world.now() + TimeDelta::seconds(60));
    assert_eq!(sent["delivery"]["channel"], "SMS");
    assert_eq!(sent["delivery"]["status"], "QUEUED");
    let masked = sent["destination"].as_str().expect("a text");
    assert!(masked.contains('*') && masked.ends_with("8000") && !masked.contains("0013"), "{masked}");
    let message = world.message_for(MOBILE).await;
    let code = message["code"].as_str().expect("a code");
    assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "{message}");
    assert!(message["body"].as_str().expect("a body").contains(code));
    assert_eq!(message["channel"], "sms");
}

#[apply(both_backends)]
async fn the_message_is_in_the_language_of_the_client(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    world.browser().speaking("zh-CN,zh;q=0.9").send_sms(MOBILE, "LOGIN").await;
    let message = world.message_for(MOBILE).await;
    assert!(chinese(message["body"].as_str().expect("a body")), "{message}");
    world.browser().speaking("en-US").send_sms("+8613900139000", "LOGIN").await;
    let message = world.message_for("+8613900139000").await;
    assert!(!chinese(message["body"].as_str().expect("a body")), "{message}");
}

#[apply(both_backends)]
async fn the_response_does_not_reveal_whether_an_account_exists(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "lilei").await;
    world.advance(61);
    for purpose in ["REGISTER", "LOGIN", "RESET_PASSWORD"] {
        let mut known = world.browser().send_sms(MOBILE, purpose).await;
        let mut unknown = world.browser().send_sms("+8613800138099", purpose).await;
        assert_eq!(kind(&known), "CodeSent", "{known}");
        for sent in [&mut known, &mut unknown] {
            sent["delivery"]["id"].take();
            sent["destination"].take();
        }
        assert_eq!(known, unknown, "{purpose}");
        world.advance(61);
    }
}

#[apply(both_backends)]
async fn codes_are_limited_to_one_per_minute(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let first = world.browser().send_sms(MOBILE, "REGISTER").await;
    let resend_at = timestamp(&first, "resendAt");
    world.advance(20);
    // Another spelling, purpose or client address does not change the number.
    for (mobile, purpose) in [(MOBILE, "REGISTER"), ("0086 138-0013-8000", "LOGIN")] {
        let outcome = world.browser().send_sms(mobile, purpose).await;
        assert_eq!(kind(&outcome), "RateLimited", "{outcome}");
        assert_eq!(outcome["code"], "RATE_LIMITED");
        assert_eq!(timestamp(&outcome, "retryAt"), resend_at, "a refused request is not charged");
    }
    assert_eq!(kind(&world.browser().send_sms("+8613900139000", "REGISTER").await), "CodeSent");
    world.advance(40);
    assert_eq!(kind(&world.browser().send_sms(MOBILE, "REGISTER").await), "CodeSent");
}

#[apply(both_backends)]
async fn codes_are_limited_to_ten_per_number_and_day(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for _ in 0..10 {
        assert_eq!(kind(&world.browser().send_sms(MOBILE, "LOGIN").await), "CodeSent");
        world.advance(60);
    }
    let outcome = world.browser().send_sms(MOBILE, "LOGIN").await;
    assert_eq!(kind(&outcome), "RateLimited", "{outcome}");
    let retry_at = timestamp(&outcome, "retryAt");
    assert!(retry_at - world.now() > TimeDelta::minutes(30), "{retry_at}");
    world.advance((retry_at - world.now()).num_seconds() - 1);
    assert_eq!(kind(&world.browser().send_sms(MOBILE, "LOGIN").await), "RateLimited");
    world.advance(2);
    assert_eq!(kind(&world.browser().send_sms(MOBILE, "LOGIN").await), "CodeSent");
}

#[apply(both_backends)]
async fn codes_are_limited_to_twenty_per_client_address_and_hour(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let address = "198.51.100.7";
    for n in 0..20 {
        let sent = world.browser_at(address).send_sms(&format!("+86138001380{n:02}"), "LOGIN").await;
        assert_eq!(kind(&sent), "CodeSent", "{n}: {sent}");
    }
    let outcome = world.browser_at(address).send_sms("+8613800138099", "LOGIN").await;
    assert_eq!(kind(&outcome), "RateLimited", "{outcome}");
    let retry_at = timestamp(&outcome, "retryAt");
    assert!(retry_at > world.now() && retry_at <= world.now() + TimeDelta::hours(1), "{retry_at}");
    assert_eq!(
        kind(&world.browser().send_sms("+8613800138099", "LOGIN").await),
        "CodeSent",
        "other addresses are not limited"
    );
    world.advance((retry_at - world.now()).num_seconds() + 1);
    assert_eq!(kind(&world.browser_at(address).send_sms("+8613800138098", "LOGIN").await), "CodeSent");
}

#[apply(both_backends)]
async fn a_limited_client_address_does_not_use_up_the_limit_of_a_number(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let address = "198.51.100.7";
    for n in 0..20 {
        world.browser_at(address).send_sms(&format!("+86138001380{n:02}"), "LOGIN").await;
    }
    for _ in 0..12 {
        let outcome = world.browser_at(address).send_sms("+8613900139000", "LOGIN").await;
        assert_eq!(kind(&outcome), "RateLimited", "{outcome}");
    }
    let outcome = world.browser().send_sms("+8613900139000", "LOGIN").await;
    assert_eq!(kind(&outcome), "CodeSent", "others cannot use up the limit of a number: {outcome}");
}

#[apply(both_backends)]
async fn unsupported_numbers_are_rejected(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for bad in ["", "12", "1380013800", "138001380000", "23800138000", "lilei", "+86 010 6552 9988"] {
        let outcome = world.browser().send_sms(bad, "REGISTER").await;
        assert_eq!(invalid_fields(&outcome), ["mobile NOT_A_MOBILE"], "{bad}");
    }
    let outcome = world.browser().send_sms("+1 202 555 0123", "REGISTER").await;
    assert_eq!(kind(&outcome), "MobileNotSupported", "{outcome}");
    assert_eq!(outcome["code"], "MOBILE_NOT_SUPPORTED");
    assert_eq!(world.sql().await.count("messages").await, 0);
}

#[apply(both_backends)]
async fn the_daily_budget_limits_all_clients(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_LIMITS_SMS_DAILY_BUDGET", "2")]).await else {
        return;
    };
    for n in 0..2 {
        assert_eq!(kind(&world.browser().send_sms(&format!("+861380013800{n}"), "LOGIN").await), "CodeSent");
    }
    let outcome = world.browser().send_sms("+8613900139000", "LOGIN").await;
    assert_eq!(kind(&outcome), "RateLimited", "{outcome}");
    let sent = world.browser().send_email_code("mei@example.com", "LOGIN").await;
    assert_eq!(kind(&sent), "CodeSent", "e-mail has a separate budget: {sent}");
    let retry_at = timestamp(&outcome, "retryAt");
    world.advance((retry_at - world.now()).num_seconds() + 1);
    assert_eq!(kind(&world.browser().send_sms("+8613900139000", "LOGIN").await), "CodeSent");
}

#[apply(both_backends)]
async fn stored_messages_are_sealed(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let code = world.sms_code(MOBILE, "REGISTER").await;
    let mut sql = world.sql().await;
    assert_eq!(sql.count("messages").await, 1);
    let readable = match sql {
        crate::support::sql::Sql::Pg(_) => {
            "encode(payload, 'escape') LIKE '%{}%' OR encode(destination, 'escape') LIKE '%8000%'"
        }
        crate::support::sql::Sql::Sqlite(_) => {
            "instr(payload, CAST('{}' AS BLOB)) OR instr(destination, CAST('8000' AS BLOB))"
        }
    };
    assert_eq!(sql.count(&format!("messages WHERE {}", readable.replace("{}", &code))).await, 0);
    let answered = json!(world.inbox().await[0]["code"]);
    assert_eq!(answered, *code, "only the inbox shows the code");
}
