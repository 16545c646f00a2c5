//! `updateProfile`: changes the names and the picture.

use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::{Backend, PASSWORD, World, both_backends, invalid_fields, kind};

const MOBILE: &str = "+8613800138000";
const OTHER: &str = "+8613900139000";

async fn update(browser: &Browser, input: Value) -> Value {
    browser.mutate("updateProfile", input).await.data("updateProfile")
}

#[apply(both_backends)]
async fn only_the_given_fields_change(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let browser = person.new_browser(&world);
    let picture = "https://img.example/a.png";
    let outcome = update(&browser, json!({ "nickname": "李雷", "avatarUrl": picture })).await;
    let user = json!({ "username": "lilei", "nickname": "李雷", "avatarUrl": picture });
    assert_eq!(outcome, json!({ "__typename": "ProfileUpdated", "user": user }));
    let outcome = update(&browser, json!({})).await;
    assert_eq!(outcome["user"], user, "nothing given, nothing changed");
    let outcome = update(&browser, json!({ "avatarUrl": null })).await;
    assert_eq!(outcome["user"]["avatarUrl"], Value::Null);
    let me = browser.me().await;
    assert_eq!((&me["nickname"], &me["avatarUrl"]), (&json!("李雷"), &Value::Null));
    assert_eq!(world.sql().await.count("audit_events WHERE kind = 'profile_updated'").await, 2);
}

#[apply(both_backends)]
async fn a_new_user_name_signs_in_and_the_owner_is_notified(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let outcome = update(&person.new_browser(&world), json!({ "username": "Thunder" })).await;
    assert_eq!(outcome["user"]["username"], "Thunder", "{outcome}");
    let notice = world.message_for(MOBILE).await;
    assert!(notice["body"].as_str().is_some_and(|text| text.contains("user name")), "{notice}");
    assert_eq!(kind(&world.browser().login("thunder", PASSWORD).await), "SignedIn");
    assert_eq!(kind(&world.browser().login("lilei", PASSWORD).await), "CredentialsRejected");
}

#[apply(both_backends)]
async fn taken_names_are_refused(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "lilei").await;
    let other = world.person(OTHER, "hanmei").await;
    for field in ["username", "nickname"] {
        let outcome = update(&other.new_browser(&world), json!({ field: "LiLei" })).await;
        assert_eq!((kind(&outcome), &outcome["field"]), ("IdentifierTaken", &json!(field)));
    }
    assert_eq!(other.new_browser(&world).me().await["username"], "hanmei");
    let own = update(&other.new_browser(&world), json!({ "username": "HanMei", "nickname": "HanMei" })).await;
    assert_eq!(own["user"]["username"], "HanMei", "the own name in another spelling is available");
}

#[apply(both_backends)]
async fn every_invalid_field_is_reported(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let input = json!({ "username": "13800138000", "nickname": "", "avatarUrl": "http://img.example/a.png" });
    let outcome = update(&person.new_browser(&world), input).await;
    let fields = ["avatarUrl NOT_AN_HTTPS_URL", "nickname EMPTY", "username LOOKS_LIKE_CONTACT"];
    assert_eq!(invalid_fields(&outcome), fields);
    assert_eq!(person.new_browser(&world).me().await["username"], "lilei");
}

#[apply(both_backends)]
async fn changes_are_limited_per_account(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_LIMITS_ACCOUNT_CHANGES", "2/1d")]).await else {
        return;
    };
    let person = world.person(MOBILE, "lilei").await;
    for (name, expected) in [("one", "ProfileUpdated"), ("two", "ProfileUpdated"), ("three", "RateLimited")] {
        assert_eq!(kind(&update(&person.new_browser(&world), json!({ "nickname": name })).await), expected);
    }
}

#[apply(both_backends)]
async fn anonymous_callers_are_refused(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let reply = world.browser().mutate("updateProfile", json!({ "nickname": "x" })).await;
    assert_eq!(reply.error_code(), "UNAUTHENTICATED", "{}", reply.text);
}
