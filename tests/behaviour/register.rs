//! `register`: creates an account with a verified contact.

use menjin::core::identifier::LoginIdentifier;
use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::browser::{email_with_code, mobile_with_code, wrong_code};
use crate::support::{Backend, PASSWORD, World, both_backends, invalid_fields, kind};

const MOBILE: &str = "+8613800138000";

fn input(contact: Value) -> Value {
    with(json!({ "password": PASSWORD, "acceptTerms": true }), "contact", contact)
}

fn with(mut input: Value, field: &str, value: impl Into<Value>) -> Value {
    input[field] = value.into();
    input
}

#[apply(both_backends)]
async fn a_mobile_number_registers(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let code = world.sms_code(MOBILE, "REGISTER").await;
    let browser = world.browser();
    let input = with(input(mobile_with_code("138 0013 8000", &code)), "username", "Li.Lei");
    let outcome = browser.register(with(input, "passwordConfirm", PASSWORD)).await;
    assert_eq!(kind(&outcome), "SignedIn", "{outcome}");
    assert_eq!(outcome["newAccount"], true);
    assert_eq!(outcome["user"]["username"], "Li.Lei");
    assert_eq!(outcome["user"]["nickname"], "Li.Lei", "the user name is used as the nickname");
    assert_eq!(outcome["user"]["mobile"], MOBILE);
    assert_eq!(outcome["user"]["email"], Value::Null);
    assert_eq!(outcome["user"]["hasPassword"], true);
    assert_eq!(outcome["user"]["roles"], json!([]));
    assert!(browser.device().is_some(), "the browser has a device cookie");
    let me = browser.with_token(outcome["accessToken"].as_str().expect("a token")).me().await;
    assert_eq!(me, outcome["user"]);
    let row = world
        .gateway
        .db()
        .find_user_by_identifier(&LoginIdentifier::Mobile(MOBILE.into()))
        .await
        .expect("a query")
        .expect("a row");
    assert!(row.password_hash.expect("a hash").starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
}

#[apply(both_backends)]
async fn an_email_address_registers(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let code = world.email_code("Mei.Han@example.com", "REGISTER").await;
    let outcome = world.browser().register(input(email_with_code("mei.han@EXAMPLE.com", &code))).await;
    assert_eq!(kind(&outcome), "SignedIn", "{outcome}");
    assert_eq!(outcome["user"]["mobile"], Value::Null);
    let email = outcome["user"]["email"].as_str().expect("an address");
    assert!(email.eq_ignore_ascii_case("mei.han@example.com"), "{email}");
    let again = world.browser().login("MEI.HAN@example.com", PASSWORD).await;
    assert_eq!(again["user"]["id"], outcome["user"]["id"], "{again}");
}

#[apply(both_backends)]
async fn a_generated_name_reveals_nothing_about_the_person(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let code = world.sms_code(MOBILE, "REGISTER").await;
    let outcome = world.browser().register(input(mobile_with_code(MOBILE, &code))).await;
    for name in ["username", "nickname"] {
        let name = outcome["user"][name].as_str().unwrap_or_else(|| panic!("no {name} in {outcome}"));
        assert!(!name.is_empty() && !name.contains("13800") && !name.contains("8000"), "{name}");
    }
}

#[apply(both_backends)]
async fn a_code_is_valid_for_its_number_and_purpose_only(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let for_login = world.sms_code(MOBILE, "LOGIN").await;
    let theirs = world.sms_code("+8613900139000", "REGISTER").await;
    for code in [&for_login, &theirs, &wrong_code(&for_login)] {
        let outcome = world.browser().register(input(mobile_with_code(MOBILE, code))).await;
        assert_eq!(kind(&outcome), "CodeRejected", "{outcome}");
        assert_eq!(outcome["reason"], "WRONG", "{outcome}");
        assert_eq!(outcome["code"], "CODE_REJECTED");
    }
    assert_eq!(world.sql().await.count("users").await, 0);
    // Both codes are still valid.
    let outcome = world.browser().register(input(mobile_with_code("+8613900139000", &theirs))).await;
    assert_eq!(kind(&outcome), "SignedIn", "{outcome}");
}

#[apply(both_backends)]
async fn a_code_is_valid_once(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let code = world.sms_code(MOBILE, "REGISTER").await;
    let first = world.browser().register(input(mobile_with_code(MOBILE, &code))).await;
    assert_eq!(kind(&first), "SignedIn", "{first}");
    let second = world.browser().register(input(mobile_with_code(MOBILE, &code))).await;
    assert_eq!((kind(&second), &second["reason"]), ("CodeRejected", &json!("USED_UP")), "{second}");
    assert_eq!(world.sql().await.count("users").await, 1);
}

#[apply(both_backends)]
async fn an_expired_code_is_rejected(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let code = world.sms_code(MOBILE, "REGISTER").await;
    world.advance(599);
    let wrong = world.browser().register(input(mobile_with_code(MOBILE, &wrong_code(&code)))).await;
    assert_eq!(wrong["reason"], "WRONG", "{wrong}");
    world.advance(2);
    let late = world.browser().register(input(mobile_with_code(MOBILE, &code))).await;
    assert_eq!((kind(&late), &late["reason"]), ("CodeRejected", &json!("EXPIRED")), "{late}");
}

#[apply(both_backends)]
async fn a_new_code_does_not_reset_the_attempts(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let first = world.sms_code(MOBILE, "REGISTER").await;
    for left in [4, 3] {
        let outcome = world.browser().register(input(mobile_with_code(MOBILE, &wrong_code(&first)))).await;
        assert_eq!(
            (&outcome["reason"], &outcome["attemptsLeft"]),
            (&json!("WRONG"), &json!(left)),
            "{outcome}"
        );
    }
    world.advance(61);
    let second = world.sms_code(MOBILE, "REGISTER").await;
    let wrong = wrong_code(&second);
    for left in [2, 1, 0] {
        let outcome = world.browser().register(input(mobile_with_code(MOBILE, &wrong))).await;
        assert_eq!(outcome["attemptsLeft"], left, "{outcome}");
    }
    let outcome = world.browser().register(input(mobile_with_code(MOBILE, &second))).await;
    assert_eq!((kind(&outcome), &outcome["reason"]), ("CodeRejected", &json!("USED_UP")), "{outcome}");
    assert_eq!(world.sql().await.count("users").await, 0);
}

#[apply(both_backends)]
async fn a_taken_identifier_is_reported_and_the_code_stays_valid(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "lilei").await;
    world.person_by_email("mei@example.com").await;
    world.advance(61);
    // The contact itself: the caller has proved to own it, and may learn that it is taken.
    let code = world.sms_code(MOBILE, "REGISTER").await;
    let outcome = world.browser().register(input(mobile_with_code(MOBILE, &code))).await;
    assert_eq!(
        (kind(&outcome), &outcome["field"]),
        ("IdentifierTaken", &json!("contact.mobile.mobile")),
        "{outcome}"
    );
    let code = world.email_code("mei@example.com", "REGISTER").await;
    let outcome = world.browser().register(input(email_with_code("mei@example.com", &code))).await;
    assert_eq!(
        (kind(&outcome), &outcome["field"]),
        ("IdentifierTaken", &json!("contact.email.email")),
        "{outcome}"
    );
    // Names: the code stays valid until a free name is found.
    let code = world.sms_code("+8613900139000", "REGISTER").await;
    let free = input(mobile_with_code("+8613900139000", &code));
    for (field, value) in [("username", "LiLei"), ("nickname", "lilei")] {
        let outcome = world.browser().register(with(free.clone(), field, value)).await;
        assert_eq!((kind(&outcome), &outcome["field"]), ("IdentifierTaken", &json!(field)), "{outcome}");
    }
    let outcome = world.browser().register(with(free, "username", "hanmei")).await;
    assert_eq!(kind(&outcome), "SignedIn", "{outcome}");
    assert_eq!(world.sql().await.count("users").await, 3);
}

#[apply(both_backends)]
async fn every_invalid_field_is_reported(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let bad = json!({
        "contact": mobile_with_code("12", "12ab"), "password": "short", "passwordConfirm": "other", "username": "1",
        "nickname": "", "acceptTerms": false,
    });
    let outcome = world.browser().register(bad).await;
    let fields = invalid_fields(&outcome);
    for expected in [
        "acceptTerms TERMS_NOT_ACCEPTED",
        "contact.mobile.code NOT_A_CODE",
        "contact.mobile.mobile NOT_A_MOBILE",
        "password TOO_SHORT",
        "passwordConfirm MISMATCH",
    ] {
        assert!(fields.iter().any(|field| field == expected), "{expected} in {fields:?}");
    }
    for path in ["username ", "nickname "] {
        assert!(fields.iter().any(|field| field.starts_with(path)), "{path} in {fields:?}");
    }
    assert_eq!(fields.len(), 7, "{fields:?}");
    let bad = input(email_with_code("nobody", "1"));
    let fields = invalid_fields(&world.browser().register(bad).await);
    assert_eq!(fields, ["contact.email.code NOT_A_CODE", "contact.email.email NOT_AN_EMAIL"]);
}

#[apply(both_backends)]
async fn passwords_are_checked_by_length_and_against_common_ones(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let code = world.sms_code(MOBILE, "REGISTER").await;
    let base = with(input(mobile_with_code(MOBILE, &code)), "username", "otterking");
    for (password, expected) in [
        ("7 chars", "password TOO_SHORT"),
        (&*"x".repeat(129), "password TOO_LONG"),
        ("password123", "password COMMON_PASSWORD"),
        ("otterking1", "password PERSONAL_PASSWORD"),
        ("13800138000", "password PERSONAL_PASSWORD"),
    ] {
        let fields =
            invalid_fields(&world.browser().register(with(base.clone(), "password", password)).await);
        assert_eq!(fields, [expected], "{password}");
    }
    // The length counts characters of any kind, nothing is trimmed, and digits are not required.
    let spaced = "  密码长一点儿 ";
    let outcome = world.browser().register(with(base, "password", spaced)).await;
    assert_eq!(kind(&outcome), "SignedIn", "{outcome}");
    assert_eq!(kind(&world.browser().login("otterking", spaced.trim()).await), "CredentialsRejected");
    assert_eq!(kind(&world.browser().login("otterking", spaced).await), "SignedIn");
}

#[apply(both_backends)]
async fn invalid_input_uses_up_neither_code_nor_limits(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let code = world.sms_code(MOBILE, "REGISTER").await;
    for _ in 0..8 {
        let outcome = world
            .browser()
            .register(with(input(mobile_with_code(MOBILE, &code)), "acceptTerms", false))
            .await;
        assert_eq!(invalid_fields(&outcome), ["acceptTerms TERMS_NOT_ACCEPTED"]);
    }
    let outcome = world.browser().register(input(mobile_with_code(MOBILE, &code))).await;
    assert_eq!(kind(&outcome), "SignedIn", "{outcome}");
}

#[apply(both_backends)]
async fn refusals_are_in_the_language_of_the_client(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let bad = with(input(mobile_with_code("12", "123456")), "acceptTerms", false);
    for (language, words) in [
        ("en-GB", "Accept the terms of service to continue."),
        ("zh-CN", "请先同意服务条款"),
        ("fr", "请先同意服务条款"),
    ] {
        let outcome = world.browser().speaking(language).register(bad.clone()).await;
        let fields = outcome["fields"].as_array().expect("fields");
        assert!(fields.iter().any(|field| field["message"] == words), "{language}: {outcome}");
    }
    let outcome = world.browser().speaking("zh").register(input(mobile_with_code(MOBILE, "000000"))).await;
    assert_eq!(outcome["message"], "验证码错误", "{outcome}");
}

#[apply(both_backends)]
async fn two_gateways_share_their_state(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let second = world.another_gateway().await;
    let code = world.sms_code(MOBILE, "REGISTER").await;
    let browser = world.browser().at_gateway(second.address());
    let outcome = browser.register(input(mobile_with_code(MOBILE, &code))).await;
    // The in-process store belongs to one process: only servers are shared by two gateways.
    if world.stores.redis_url.is_some() {
        assert_eq!(kind(&outcome), "SignedIn", "{outcome}");
        let there = outcome["accessToken"].as_str().expect("a token");
        assert_eq!(world.browser().with_token(there).me().await["mobile"], MOBILE);
        let here = world.browser().login(MOBILE, PASSWORD).await;
        let here = here["accessToken"].as_str().expect("a token");
        let me = world.browser().at_gateway(second.address()).with_token(here).me().await;
        assert_eq!(me["mobile"], MOBILE);
    } else {
        assert_eq!(kind(&outcome), "CodeRejected", "{outcome}");
    }
}
