//! `changePassword`: replaces the password of the signed-in user.

use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::{Backend, PASSWORD, Person, World, both_backends, invalid_fields, kind};

const MOBILE: &str = "+8613800138000";
const NEW: &str = "nine tame badgers doze";

async fn change(browser: &Browser, current: Option<&str>, new: &str) -> Value {
    let input = json!({ "currentPassword": current, "password": new, "passwordConfirm": new });
    browser.mutate("changePassword", input).await.data("changePassword")
}

async fn password_is_unchanged(world: &World, name: &str) {
    assert_eq!(kind(&world.browser().login(name, PASSWORD).await), "SignedIn");
    assert_eq!(kind(&world.browser().login(name, NEW).await), "CredentialsRejected");
}

#[apply(both_backends)]
async fn the_new_password_signs_in_and_other_sessions_are_revoked(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let other = world.browser().login("lilei", PASSWORD).await;
    let other = world.browser().with_token(other["accessToken"].as_str().expect("a token"));
    let outcome = change(&person.new_browser(&world), Some(PASSWORD), NEW).await;
    assert_eq!(outcome, json!({ "__typename": "PasswordChanged", "endedSessions": 1 }));
    assert_eq!(other.me().await, Value::Null);
    assert_eq!(person.new_browser(&world).me().await["id"], *person.id, "this session stays active");
    assert_eq!(kind(&world.browser().login("lilei", PASSWORD).await), "CredentialsRejected");
    assert_eq!(kind(&world.browser().login("lilei", NEW).await), "SignedIn");
    let notice = world.message_for(MOBILE).await;
    assert!(
        notice["body"].as_str().is_some_and(|text| text.contains("password") && text.contains("changed"))
    );
    let mut sql = world.sql().await;
    assert_eq!(sql.count("audit_events WHERE kind = 'password_changed'").await, 1);
    assert_eq!(sql.count("sessions WHERE end_reason = 'password_changed'").await, 1);
}

#[apply(both_backends)]
async fn refresh_tokens_of_other_sessions_are_revoked(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let mut person = world.person(MOBILE, "lilei").await;
    let other = world.browser();
    other.login("lilei", PASSWORD).await;
    assert_eq!(kind(&change(&person.new_browser(&world), Some(PASSWORD), NEW).await), "PasswordChanged");
    let reply = other.post("mutation { refreshSession { __typename } }", json!({})).await;
    assert_eq!(kind(&reply.data("refreshSession")), "SessionRejected");
    person.refresh_after(&world, 3_600).await;
    assert_eq!(person.new_browser(&world).me().await["id"], *person.id);
}

#[apply(both_backends)]
async fn a_wrong_or_missing_current_password_changes_nothing(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let browser = person.new_browser(&world);
    assert_eq!(kind(&change(&browser, Some("not the password"), NEW).await), "CredentialsRejected");
    for missing in [None, Some("")] {
        assert_eq!(invalid_fields(&change(&browser, missing, NEW).await), ["currentPassword EMPTY"]);
    }
    assert_eq!(invalid_fields(&change(&browser, Some(PASSWORD), PASSWORD).await), ["password SAME_PASSWORD"]);
    password_is_unchanged(&world, "lilei").await;
    assert_eq!(world.sql().await.count("audit_events WHERE kind = 'proof_failed'").await, 1);
}

#[apply(both_backends)]
async fn wrong_passwords_count_as_failed_logins(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let mut tries = 0;
    // Each request has a client address of its own: attempts are counted per device of the session.
    while kind(&change(&person.new_browser(&world), Some("not the password"), NEW).await)
        == "CredentialsRejected"
    {
        tries += 1;
        assert!(tries < 20, "there is no limit");
    }
    assert!(tries >= 3, "a person may mistype a few times: {tries}");
    assert_eq!(
        kind(&world.browser().login("lilei", PASSWORD).await),
        "SignedIn",
        "the owner signs in on another device"
    );
    assert_eq!(kind(&change(&person.new_browser(&world), Some(PASSWORD), NEW).await), "RateLimited");
    world.advance(60);
    assert_eq!(kind(&change(&person.new_browser(&world), Some(PASSWORD), NEW).await), "PasswordChanged");
}

#[apply(both_backends)]
async fn the_password_policy_knows_the_names_of_the_account(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lileilei").await;
    let browser = person.new_browser(&world);
    for (new, fault) in [
        ("kq7-xz2", "TOO_SHORT"),
        ("password1", "COMMON_PASSWORD"),
        ("lileilei-26", "PERSONAL_PASSWORD"),
        ("13800138000x", "PERSONAL_PASSWORD"),
    ] {
        let outcome = change(&browser, Some(PASSWORD), new).await;
        assert_eq!(invalid_fields(&outcome), [format!("password {fault}")], "{new}");
    }
    let input = json!({ "currentPassword": PASSWORD, "password": NEW, "passwordConfirm": "other" });
    let outcome = browser.mutate("changePassword", input).await.data("changePassword");
    assert_eq!(invalid_fields(&outcome), ["passwordConfirm MISMATCH"]);
    password_is_unchanged(&world, "lileilei").await;
}

#[apply(both_backends)]
async fn an_account_without_a_password_needs_a_fresh_session_to_set_one(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let mut person = world.person(MOBILE, "lilei").await;
    world.sql().await.run("UPDATE users SET password_hash = NULL").await;
    let spare = person.token.clone();
    person.refresh_after(&world, 601).await;
    assert_eq!(kind(&change(&person.new_browser(&world), None, NEW).await), "ReauthenticationRequired");
    assert_ne!(spare, person.token);
    let code = world.sms_code(MOBILE, "LOGIN").await;
    let contact = crate::support::browser::mobile_with_code(MOBILE, &code);
    let fresh = world.browser().login_with_code(contact).await;
    let fresh = world.browser().with_token(fresh["accessToken"].as_str().expect("a token"));
    assert_eq!(kind(&change(&fresh, None, NEW).await), "PasswordChanged");
    assert_eq!(kind(&world.browser().login("lilei", NEW).await), "SignedIn");
    assert_eq!(invalid_fields(&change(&fresh, None, PASSWORD).await), ["currentPassword EMPTY"]);
}

#[apply(both_backends)]
async fn one_of_several_concurrent_changes_succeeds(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let passwords: Vec<String> = (0..4).map(|n| format!("{NEW} {n}")).collect();
    let outcomes = futures_util::future::join_all(passwords.iter().map(|new| {
        let browser = person.new_browser(&world);
        async move { change(&browser, Some(PASSWORD), new).await }
    }))
    .await;
    let changed: Vec<_> =
        passwords.iter().zip(&outcomes).filter(|(_, outcome)| kind(outcome) == "PasswordChanged").collect();
    assert_eq!(changed.len(), 1, "{outcomes:?}");
    assert_eq!(kind(&world.browser().login("lilei", changed[0].0).await), "SignedIn");
}

#[apply(both_backends)]
async fn changes_are_limited_per_account(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_LIMITS_ACCOUNT_CHANGES", "2/1d")]).await else {
        return;
    };
    let person: Person = world.person(MOBILE, "lilei").await;
    assert_eq!(kind(&change(&person.new_browser(&world), Some(PASSWORD), NEW).await), "PasswordChanged");
    assert_eq!(kind(&change(&person.new_browser(&world), Some(NEW), PASSWORD).await), "PasswordChanged");
    assert_eq!(kind(&change(&person.new_browser(&world), Some(PASSWORD), NEW).await), "RateLimited");
    let stranger = world.person("+8613900139000", "hanmei").await;
    assert_eq!(kind(&change(&stranger.new_browser(&world), Some(PASSWORD), NEW).await), "PasswordChanged");
}

#[apply(both_backends)]
async fn failed_logins_of_others_do_not_block_the_owner(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    while kind(&world.browser().login("lilei", "not the password").await) == "CredentialsRejected" {}
    assert_eq!(kind(&world.browser().login("lilei", PASSWORD).await), "RateLimited");
    // Native clients send no device cookie.
    assert_eq!(kind(&change(&person.new_browser(&world), Some(PASSWORD), NEW).await), "PasswordChanged");
    let deleted = person.new_browser(&world).mutate("deleteAccount", json!({ "currentPassword": NEW })).await;
    assert_eq!(kind(&deleted.data("deleteAccount")), "DeletionScheduled");
}

#[apply(both_backends)]
async fn profile_changes_and_wrong_passwords_do_not_use_up_the_limit(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_LIMITS_ACCOUNT_CHANGES", "2/1d")]).await else {
        return;
    };
    let person = world.person(MOBILE, "lilei").await;
    let thief = person.new_browser(&world);
    for expected in ["ProfileUpdated", "ProfileUpdated", "RateLimited"] {
        let input = json!({ "avatarUrl": "https://example.com/a.png" });
        assert_eq!(kind(&thief.mutate("updateProfile", input).await.data("updateProfile")), expected);
    }
    for _ in 0..3 {
        assert_eq!(kind(&change(&thief, Some("not the password"), NEW).await), "CredentialsRejected");
    }
    assert_eq!(kind(&change(&person.new_browser(&world), Some(PASSWORD), NEW).await), "PasswordChanged");
}

#[apply(both_backends)]
async fn anonymous_callers_are_refused(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let input = json!({ "currentPassword": PASSWORD, "password": NEW });
    let reply = world.browser().mutate("changePassword", input).await;
    assert_eq!(reply.error_code(), "UNAUTHENTICATED", "{}", reply.text);
}
