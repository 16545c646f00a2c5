//! The SMS budget: an attack stops within it to the message, and users with accounts still receive codes.

use chrono::TimeDelta;
use futures_util::future::join_all;
use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::browser::mobile_with_code;
use crate::support::captcha::{described, solve};
use crate::support::world::unique;
use crate::support::{Backend, Browser, World, both_backends, kind, timestamp};

/// Sends a code for `purpose` and returns the type of the outcome.
async fn send(browser: &Browser, mobile: &str) -> String {
    described(&browser.send_sms(mobile, "LOGIN").await)
}

/// Requests a code for each number from a network of its own, in parallel, at both gateways in turn. Returns how many were
/// sent.
async fn pump(world: &World, other: &crate::support::world::Running, mobiles: Vec<String>) -> usize {
    let attempts = mobiles.into_iter().enumerate().map(|(n, mobile)| {
        let browser = world.browser();
        let browser = if n % 2 == 0 { browser } else { browser.at_gateway(other.address()) };
        async move { send(&browser, &mobile).await }
    });
    let outcomes = join_all(attempts).await;
    assert!(outcomes.iter().all(|outcome| outcome == "CodeSent" || outcome == "RateLimited"), "{outcomes:?}");
    outcomes.iter().filter(|outcome| *outcome == "CodeSent").count()
}

#[apply(both_backends)]
async fn pumping_a_block_of_numbers_stops_to_the_message(#[case] backend: Backend) {
    let settings = [("MENJIN_LIMITS_SMS_PREFIX_DAILY", "25")];
    let Some(world) = World::start_with(backend, &settings).await else { return };
    let other = world.another_gateway().await;
    let block = |from: u32| (from..from + 60).map(|n| format!("+8613800138{n:03}")).collect::<Vec<_>>();
    assert_eq!(pump(&world, &other, block(0)).await, 25);
    assert_eq!(pump(&world, &other, block(100)).await, 0, "the block is used up");
    let sent = world.sql().await.count("messages").await;
    assert_eq!(sent, 25, "and no message is in the outbox beyond it");
    let outcome = world.browser().send_sms("+8613800138999", "LOGIN").await;
    let midnight = world.now().date_naive().succ_opt().and_then(|day| day.and_hms_opt(0, 0, 0));
    assert_eq!(timestamp(&outcome, "retryAt"), midnight.expect("a date").and_utc());
    assert_eq!(send(&world.browser(), "+8613800149000").await, "CodeSent", "another block");
    world.advance(86_400);
    assert_eq!(send(&world.browser(), "+8613800138999").await, "CodeSent", "another day");
}

#[apply(both_backends)]
async fn pumping_many_blocks_stops_at_the_budget_of_the_day(#[case] backend: Backend) {
    let settings = [("MENJIN_LIMITS_SMS_DAILY_BUDGET", "20"), ("MENJIN_LIMITS_SMS_RESERVE", "20")];
    let Some(world) = World::start_with(backend, &settings).await else { return };
    let other = world.another_gateway().await;
    let person = world.person("+8613900139000", "lilei").await;
    let numbers = (0..50).map(|n| format!("+86138{n:04}0000")).collect();
    // One of the sixteen messages for strangers was the one for the registration.
    assert_eq!(pump(&world, &other, numbers).await, 15);
    world.advance(61);
    assert_eq!(send(&world.browser(), "+8613900139000").await, "CodeSent", "the number of an account");
    assert_eq!(send(&person.browser, "+8613700137000").await, "CodeSent", "a known device");
    assert_eq!(send(&world.browser(), "+8613700137001").await, "RateLimited", "a stranger");
    let used = world.sql().await.count("sms_counters WHERE scope = 'total' AND messages = 18").await;
    assert_eq!(used, 1);
}

#[apply(both_backends)]
async fn the_budget_counts_money(#[case] backend: Backend) {
    let settings = [
        ("MENJIN_LIMITS_SMS_DAILY_MONEY", "0.5"),
        ("MENJIN_LIMITS_SMS_PRICE", "0.1"),
        ("MENJIN_LIMITS_SMS_RESERVE", "0"),
    ];
    let Some(world) = World::start_with(backend, &settings).await else { return };
    let other = world.another_gateway().await;
    let numbers = (0..30).map(|n| format!("+86138{n:04}0000")).collect();
    assert_eq!(pump(&world, &other, numbers).await, 10, "at 0.05 each");
}

#[apply(both_backends)]
async fn the_budget_survives_a_restart_of_redis(#[case] backend: Backend) {
    let settings = [("MENJIN_LIMITS_SMS_DAILY_BUDGET", "3"), ("MENJIN_LIMITS_SMS_RESERVE", "0")];
    let Some(world) = World::start_with(backend, &settings).await else { return };
    for n in 0..3 {
        assert_eq!(send(&world.browser(), &format!("+861380013800{n}")).await, "CodeSent");
    }
    // As empty as a Redis that has restarted; embedded, every gateway begins with an empty store.
    let restarted = world.another_gateway_with(&[("MENJIN_REDIS_PREFIX", &unique())]).await;
    let browser = world.browser().at_gateway(restarted.address());
    assert_eq!(send(&browser, "+8613800139000").await, "RateLimited");
}

#[apply(both_backends)]
async fn a_message_that_is_not_sent_is_refunded(#[case] backend: Backend) {
    let settings = [
        ("MENJIN_LIMITS_SMS_DAILY_BUDGET", "1"),
        ("MENJIN_CAPTCHA_PROVIDER", "altcha"),
        ("MENJIN_CAPTCHA_ALTCHA_MAX_NUMBER", "500"),
        ("MENJIN_CAPTCHA_MODE", "always"),
        ("MENJIN_CAPTCHA_ACTIONS", "sendSms"),
    ];
    let Some(world) = World::start_with(backend, &settings).await else { return };
    for _ in 0..3 {
        assert_eq!(send(&world.browser(), "+8613800138000").await, "CaptchaRequired MISSING");
    }
    let browser = world.browser();
    let captcha = solve(&browser, "sendSms").await;
    let input = json!({ "mobile": "+8613800138000", "purpose": "LOGIN", "captcha": captcha });
    assert_eq!(kind(&browser.mutate("sendSms", input).await.data("sendSms")), "CodeSent");
}

/// Sends codes to numbers of one block, of which `used` are used to register.
async fn history(world: &World, sends: usize, used: usize) {
    for n in 0..sends {
        let mobile = format!("+86138001390{n:02}");
        if n >= used {
            assert_eq!(send(&world.browser(), &mobile).await, "CodeSent");
            continue;
        }
        let code = world.sms_code(&mobile, "REGISTER").await;
        let input = json!({
            "contact": mobile_with_code(&mobile, &code), "password": crate::support::PASSWORD, "acceptTerms": true,
        });
        let registered = world.browser().register(input).await;
        assert_eq!(kind(&registered), "SignedIn", "{registered}");
    }
    world.advance(1_300);
}

#[apply(both_backends)]
async fn a_block_whose_codes_are_not_used_needs_a_captcha_and_then_stops(#[case] backend: Backend) {
    let settings = [
        ("MENJIN_LIMITS_SMS_CONVERSION_MIN", "10"),
        ("MENJIN_CAPTCHA_PROVIDER", "altcha"),
        ("MENJIN_CAPTCHA_ALTCHA_MAX_NUMBER", "500"),
    ];
    let Some(world) = World::start_with(backend, &settings).await else { return };
    history(&world, 10, 2).await;
    assert_eq!(send(&world.browser(), "+8613800139090").await, "CaptchaRequired MISSING", "20 % were used");
    let solved = async |mobile: &str| {
        let browser = world.browser();
        let captcha: Value = solve(&browser, "sendSms").await;
        let input = json!({ "mobile": mobile, "purpose": "LOGIN", "captcha": captcha });
        browser.mutate("sendSms", input).await.data("sendSms")
    };
    for n in 0..4 {
        assert_eq!(kind(&solved(&format!("+861380013908{n}")).await), "CodeSent");
    }
    world.advance(1_300);
    // 2 of 14 were used: one message per ten minutes, with a captcha.
    assert_eq!(send(&world.browser(), "+8613800139091").await, "CaptchaRequired MISSING");
    assert_eq!(kind(&solved("+8613800139091").await), "CodeSent", "a missing captcha costs nothing");
    let stopped = solved("+8613800139092").await;
    assert_eq!(kind(&stopped), "RateLimited", "{stopped}");
    assert_eq!(timestamp(&stopped, "retryAt"), world.now() + TimeDelta::minutes(10));
    assert_eq!(send(&world.browser(), "+8613800139000").await, "CodeSent", "the number of an account");
    assert_eq!(send(&world.browser(), "+8613800149000").await, "CodeSent", "another block");
    world.advance(600);
    assert_eq!(kind(&solved("+8613800139092").await), "CodeSent");
}

#[apply(both_backends)]
async fn a_block_whose_codes_are_used_stays_open(#[case] backend: Backend) {
    let settings = [("MENJIN_LIMITS_SMS_CONVERSION_MIN", "10")];
    let Some(world) = World::start_with(backend, &settings).await else { return };
    history(&world, 10, 4).await;
    assert_eq!(send(&world.browser(), "+8613800139090").await, "CodeSent");
    assert_eq!(send(&world.browser(), "+8613800139091").await, "CodeSent");
}

#[apply(both_backends)]
async fn the_operator_sees_the_messages_of_the_day(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for mobile in ["+8613800138000", "+8613800138001", "+8613900139000"] {
        assert_eq!(send(&world.browser(), mobile).await, "CodeSent");
    }
    let day = world.now().format("%Y-%m-%d").to_string();
    let shown = world.operator(&["sms", "status", "--day", &day]).await;
    assert_eq!(shown.code, 0, "{}", shown.err);
    for line in ["total", "region:CN", "prefix:+861380013", "0.1500"] {
        assert!(shown.out.contains(line), "{line}: {}", shown.out);
    }
    assert!(!shown.out.contains("8000") && !shown.out.contains("conversion"), "{}", shown.out);
    let shown = world.operator(&["sms", "status", "--day", &day, "--json"]).await;
    let report: Value = serde_json::from_str(&shown.out).expect("JSON");
    assert_eq!(report["budget"], json!({ "messages": 10_000, "cost": "1000.0000", "reservePercent": 20 }));
    assert_eq!(report["scopes"][1]["messages"], 3, "{report}");
}
