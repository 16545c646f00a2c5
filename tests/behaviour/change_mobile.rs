//! `changeMobile`: verifies the new number and notifies the old one.

use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::browser::{Browser, wrong_code};
use crate::support::{Backend, PASSWORD, World, both_backends, invalid_fields, kind};

const OLD: &str = "+8613800138000";
const NEW: &str = "+8613900139000";

async fn change(browser: &Browser, mobile: &str, code: &str, rest: Value) -> Value {
    let mut input = json!({ "mobile": { "mobile": mobile, "code": code } });
    for (name, value) in rest.as_object().into_iter().flatten() {
        input[name] = value.clone();
    }
    browser.mutate("changeMobile", input).await.data("changeMobile")
}

#[apply(both_backends)]
async fn the_new_number_signs_in_and_the_old_one_is_notified(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(OLD, "lilei").await;
    let other = world.browser().login("lilei", PASSWORD).await;
    let other = world.browser().with_token(other["accessToken"].as_str().expect("a token"));
    let code = world.sms_code(NEW, "CHANGE_CONTACT").await;
    let outcome = change(&person.new_browser(&world), "139 0013 9000", &code, json!({})).await;
    assert_eq!(kind(&outcome), "MobileChanged", "{outcome}");
    assert_eq!((&outcome["user"]["mobile"], &outcome["endedSessions"]), (&json!(NEW), &json!(0)));
    assert_eq!(other.me().await["mobile"], NEW, "other sessions stay active by default");
    let notice = world.message_for(OLD).await;
    let text = notice["body"].as_str().expect("a text");
    assert!(text.contains("mobile number") && !text.contains("13900139000"), "{text}");
    assert_eq!(kind(&world.browser().login(NEW, PASSWORD).await), "SignedIn");
    assert_eq!(kind(&world.browser().login(OLD, PASSWORD).await), "CredentialsRejected");
    assert_eq!(world.sql().await.count("audit_events WHERE kind = 'mobile_changed'").await, 1);
    let again = change(&person.new_browser(&world), NEW, &code, json!({})).await;
    assert_eq!((kind(&again), &again["reason"]), ("CodeRejected", &json!("USED_UP")));
}

#[apply(both_backends)]
async fn other_sessions_are_revoked_on_request(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(OLD, "lilei").await;
    let other = world.browser().login("lilei", PASSWORD).await;
    let other = world.browser().with_token(other["accessToken"].as_str().expect("a token"));
    let code = world.sms_code(NEW, "CHANGE_CONTACT").await;
    let outcome = change(&person.new_browser(&world), NEW, &code, json!({ "endOtherSessions": true })).await;
    assert_eq!(outcome["endedSessions"], 1, "{outcome}");
    assert_eq!(other.me().await, Value::Null);
    assert_eq!(person.new_browser(&world).me().await["id"], *person.id);
}

#[apply(both_backends)]
async fn a_stale_session_needs_the_password(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let mut person = world.person(OLD, "lilei").await;
    person.refresh_after(&world, 601).await;
    let code = world.sms_code(NEW, "CHANGE_CONTACT").await;
    let browser = person.new_browser(&world);
    let stale = change(&browser, NEW, &code, json!({})).await;
    assert_eq!(
        (kind(&stale), &stale["code"]),
        ("ReauthenticationRequired", &json!("REAUTHENTICATION_REQUIRED"))
    );
    let wrong = change(&browser, NEW, &code, json!({ "currentPassword": "not the password" })).await;
    assert_eq!(kind(&wrong), "CredentialsRejected");
    // A fresh session does not make up for a wrong password.
    let fresh = world.browser().login("lilei", PASSWORD).await;
    let fresh = world.browser().with_token(fresh["accessToken"].as_str().expect("a token"));
    let wrong = change(&fresh, NEW, &code, json!({ "currentPassword": "" })).await;
    assert_eq!(kind(&wrong), "CredentialsRejected");
    let outcome = change(&browser, NEW, &code, json!({ "currentPassword": PASSWORD })).await;
    assert_eq!(kind(&outcome), "MobileChanged", "the code was not used up: {outcome}");
}

#[apply(both_backends)]
async fn a_taken_number_is_refused_and_the_code_stays_valid(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(OLD, "lilei").await;
    world.person(NEW, "hanmei").await;
    world.advance(61);
    let code = world.sms_code(NEW, "CHANGE_CONTACT").await;
    for _ in 0..2 {
        let outcome = change(&person.new_browser(&world), NEW, &code, json!({})).await;
        assert_eq!((kind(&outcome), &outcome["field"]), ("IdentifierTaken", &json!("mobile.mobile")));
    }
    assert_eq!(person.new_browser(&world).me().await["mobile"], OLD);
}

#[apply(both_backends)]
async fn codes_for_other_purposes_or_numbers_are_rejected(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(OLD, "lilei").await;
    let login = world.sms_code(NEW, "LOGIN").await;
    assert_eq!(kind(&change(&person.new_browser(&world), NEW, &login, json!({})).await), "CodeRejected");
    world.advance(61);
    let code = world.sms_code(NEW, "CHANGE_CONTACT").await;
    let wrong = change(&person.new_browser(&world), NEW, &wrong_code(&code), json!({})).await;
    assert_eq!(wrong["reason"], "WRONG");
    let elsewhere = change(&person.new_browser(&world), "+8613700137000", &code, json!({})).await;
    assert_eq!(kind(&elsewhere), "CodeRejected");
    let bad = change(&person.new_browser(&world), "12", "x", json!({})).await;
    assert_eq!(invalid_fields(&bad), ["mobile.code NOT_A_CODE", "mobile.mobile NOT_A_MOBILE"]);
    assert_eq!(person.new_browser(&world).me().await["mobile"], OLD);
    let failed =
        "audit_events WHERE kind = 'proof_failed' AND user_id IS NOT NULL AND session_id IS NOT NULL";
    assert_eq!(world.sql().await.count(failed).await, 3);
}

#[apply(both_backends)]
async fn an_expired_code_is_rejected(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let mut person = world.person(OLD, "lilei").await;
    let code = world.sms_code(NEW, "CHANGE_CONTACT").await;
    person.refresh_after(&world, 600).await;
    let late = change(&person.new_browser(&world), NEW, &code, json!({})).await;
    assert_eq!((kind(&late), &late["reason"]), ("CodeRejected", &json!("EXPIRED")));
}

#[apply(both_backends)]
async fn changes_are_limited_per_account(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_LIMITS_ACCOUNT_CHANGES", "2/1d")]).await else {
        return;
    };
    let person = world.person(OLD, "lilei").await;
    for expected in ["CodeRejected", "CodeRejected", "RateLimited"] {
        assert_eq!(kind(&change(&person.new_browser(&world), NEW, "000000", json!({})).await), expected);
    }
}

#[apply(both_backends)]
async fn anonymous_callers_are_refused(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let input = json!({ "mobile": { "mobile": NEW, "code": "000000" } });
    let reply = world.browser().mutate("changeMobile", input).await;
    assert_eq!(reply.error_code(), "UNAUTHENTICATED", "{}", reply.text);
}
