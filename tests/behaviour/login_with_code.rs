//! `loginWithCode`: signs in with a code instead of a password.

use rstest_reuse::apply;
use serde_json::json;

use crate::support::browser::{email_with_code, mobile_with_code, wrong_code};
use crate::support::{Backend, World, both_backends, invalid_fields, kind};

const MOBILE: &str = "+8613800138000";

#[apply(both_backends)]
async fn a_code_signs_in_with_every_spelling_of_the_contact(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    for spelling in ["13800138000", "+86 138 0013 8000", "0086-13800138000", "８６１３８００１３８０００"]
    {
        world.advance(61);
        let code = world.sms_code(MOBILE, "LOGIN").await;
        let browser = world.browser();
        let outcome = browser.login_with_code(mobile_with_code(spelling, &code)).await;
        assert_eq!(kind(&outcome), "SignedIn", "{spelling}: {outcome}");
        assert_eq!(outcome["user"]["id"], *person.id);
        assert_eq!(outcome["newAccount"], false);
        let me = browser.with_token(outcome["accessToken"].as_str().expect("a token")).me().await;
        assert_eq!(me["username"], "lilei");
    }
    let other = world.person_by_email("mei@example.com").await;
    world.advance(61);
    let code = world.email_code("MEI@example.com", "LOGIN").await;
    let outcome = world.browser().login_with_code(email_with_code("mei@EXAMPLE.COM", &code)).await;
    assert_eq!(outcome["user"]["id"], *other.id, "{outcome}");
}

#[apply(both_backends)]
async fn only_the_owner_learns_that_a_contact_has_no_account(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "lilei").await;
    world.advance(61);
    // With a wrong code, contacts with and without an account are indistinguishable.
    let code = world.sms_code(MOBILE, "LOGIN").await;
    let unknown = world.sms_code("+8613900139000", "LOGIN").await;
    let known = world.browser().login_with_code(mobile_with_code(MOBILE, &wrong_code(&code))).await;
    assert_eq!((kind(&known), &known["reason"]), ("CodeRejected", &json!("WRONG")), "{known}");
    let stranger =
        world.browser().login_with_code(mobile_with_code("+8613900139000", &wrong_code(&unknown))).await;
    assert_eq!(stranger, known);
    let owner = world.browser().login_with_code(mobile_with_code("+8613900139000", &unknown)).await;
    assert_eq!(kind(&owner), "CredentialsRejected", "{owner}");
    assert_eq!(world.sql().await.count("users").await, 1, "no account is created");
}

#[apply(both_backends)]
async fn a_code_for_another_contact_or_purpose_is_rejected(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "lilei").await;
    world.advance(61);
    let for_reset = world.sms_code(MOBILE, "RESET_PASSWORD").await;
    let theirs = world.sms_code("+8613900139000", "LOGIN").await;
    let by_mail = world.email_code("mei@example.com", "LOGIN").await;
    for code in [for_reset, theirs, by_mail] {
        let outcome = world.browser().login_with_code(mobile_with_code(MOBILE, &code)).await;
        assert_eq!((kind(&outcome), &outcome["reason"]), ("CodeRejected", &json!("WRONG")), "{outcome}");
    }
}

#[apply(both_backends)]
async fn a_code_is_valid_once_and_for_ten_minutes(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "lilei").await;
    world.advance(61);
    let code = world.sms_code(MOBILE, "LOGIN").await;
    let first = world.browser().login_with_code(mobile_with_code(MOBILE, &code)).await;
    assert_eq!(kind(&first), "SignedIn", "{first}");
    let second = world.browser().login_with_code(mobile_with_code(MOBILE, &code)).await;
    assert_eq!((kind(&second), &second["reason"]), ("CodeRejected", &json!("USED_UP")), "{second}");
    world.advance(61);
    let code = world.sms_code(MOBILE, "LOGIN").await;
    world.advance(601);
    let late = world.browser().login_with_code(mobile_with_code(MOBILE, &code)).await;
    assert_eq!((kind(&late), &late["reason"]), ("CodeRejected", &json!("EXPIRED")), "{late}");
}

#[apply(both_backends)]
async fn five_wrong_attempts_use_up_a_code(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "lilei").await;
    world.advance(61);
    let code = world.sms_code(MOBILE, "LOGIN").await;
    for left in (0..5).rev() {
        let outcome = world.browser().login_with_code(mobile_with_code(MOBILE, &wrong_code(&code))).await;
        assert_eq!(outcome["attemptsLeft"], left, "{outcome}");
    }
    let browser = world.browser().speaking("zh-CN");
    let outcome = browser.login_with_code(mobile_with_code(MOBILE, &code)).await;
    assert_eq!((kind(&outcome), &outcome["reason"]), ("CodeRejected", &json!("USED_UP")), "{outcome}");
    assert_eq!(outcome["message"], "错误次数过多，请于 60 分钟后再试");
    world.advance(59 * 60);
    let browser = world.browser().speaking("en");
    let outcome = browser.login_with_code(mobile_with_code(MOBILE, &code)).await;
    assert_eq!(outcome["message"], "Too many wrong codes were entered. Try again in 1 min.");
}

#[apply(both_backends)]
async fn the_owner_learns_that_the_account_is_disabled(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "lilei").await;
    world.sql().await.run("UPDATE users SET status = 'disabled'").await;
    world.advance(61);
    let code = world.sms_code(MOBILE, "LOGIN").await;
    let outcome = world.browser().login_with_code(mobile_with_code(MOBILE, &code)).await;
    assert_eq!(kind(&outcome), "AccountDisabled", "{outcome}");
}

#[apply(both_backends)]
async fn every_invalid_field_is_reported(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let outcome = world.browser().login_with_code(mobile_with_code("12", "x")).await;
    assert_eq!(
        invalid_fields(&outcome),
        ["contact.mobile.code NOT_A_CODE", "contact.mobile.mobile NOT_A_MOBILE"]
    );
    let outcome = world.browser().login_with_code(mobile_with_code("+12025550123", "123456")).await;
    assert_eq!(invalid_fields(&outcome), ["contact.mobile.mobile REGION_NOT_SUPPORTED"]);
}

#[apply(both_backends)]
async fn remember_creates_a_longer_session(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    world.advance(61);
    let code = world.sms_code(MOBILE, "LOGIN").await;
    let input = json!({ "contact": mobile_with_code(MOBILE, &code), "remember": true });
    let outcome = person.browser.mutate("loginWithCode", input).await.data("loginWithCode");
    assert_eq!(kind(&outcome), "SignedIn", "{outcome}");
    let mut sql = world.sql().await;
    assert_eq!(sql.count("sessions AS a JOIN sessions AS b ON a.remember AND NOT b.remember AND a.expires_at > b.expires_at").await, 1);
}
