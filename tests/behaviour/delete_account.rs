//! `deleteAccount`: disables the account at once and purges it after the grace period.

use rstest_reuse::apply;
use std::time::Duration;

use menjin::config::retention::RetentionSettings;
use menjin::core::ids::UserId;
use menjin::db::upkeep;
use serde_json::{Value, json};

use crate::support::browser::{Browser, mobile_with_code};
use crate::support::{Backend, PASSWORD, World, both_backends, kind, timestamp};

const MOBILE: &str = "+8613800138000";
const EMAIL: &str = "lilei@example.com";
const WEEK: i64 = 7 * 86_400;

async fn delete(browser: &Browser, input: Value) -> Value {
    browser.mutate("deleteAccount", input).await.data("deleteAccount")
}

async fn run_upkeep(world: &World) {
    let year = Duration::from_secs(365 * 86_400);
    let settings = RetentionSettings { audit: year, messages: year, sessions: year };
    upkeep::purge(world.gateway.db(), &world.clock, settings, &[]).await.expect("the store is available");
}

#[apply(both_backends)]
async fn the_account_is_disabled_at_once(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person_by_email(EMAIL).await;
    let other = world.browser().login(EMAIL, PASSWORD).await;
    let other = world.browser().with_token(other["accessToken"].as_str().expect("a token"));
    let outcome = delete(&person.new_browser(&world), json!({})).await;
    assert_eq!(kind(&outcome), "DeletionScheduled", "{outcome}");
    assert_eq!((timestamp(&outcome, "erasedAt") - world.now()).num_seconds(), WEEK);
    assert_eq!(person.new_browser(&world).me().await, Value::Null);
    assert_eq!(other.me().await, Value::Null);
    let reply = person.browser.post("mutation { refreshSession { __typename } }", json!({})).await;
    assert_eq!(kind(&reply.data("refreshSession")), "SessionRejected");
    let notice = world.message_for(EMAIL).await;
    assert!(
        notice["subject"].as_str().is_some_and(|text| text.contains("account deletion scheduled")),
        "{notice}"
    );
    assert_eq!(kind(&world.browser().login(EMAIL, PASSWORD).await), "AccountDisabled");
    assert_eq!(kind(&world.browser().login(EMAIL, "not the password").await), "CredentialsRejected");
    world.advance(61);
    let code = world.email_code(EMAIL, "RESET_PASSWORD").await;
    let proof = json!({ "email": { "email": EMAIL, "code": code } });
    let reset = json!({ "proof": proof, "password": "nine tame badgers doze" });
    let reset = world.browser().mutate("resetPassword", reset).await.data("resetPassword");
    assert_eq!(kind(&reset), "AccountDisabled");
    let reply = person.new_browser(&world).mutate("deleteAccount", json!({})).await;
    assert_eq!(reply.error_code(), "UNAUTHENTICATED", "{}", reply.text);
}

#[apply(both_backends)]
async fn after_the_grace_period_nothing_is_left(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let stranger = world.person("+8613900139000", "hanmei").await;
    assert_eq!(kind(&delete(&person.new_browser(&world), json!({})).await), "DeletionScheduled");
    world.message_for(MOBILE).await;
    world.advance(WEEK - 1);
    run_upkeep(&world).await;
    let mut sql = world.sql().await;
    assert_eq!(sql.count("users").await, 2, "an operator may still restore it");
    let about = format!("audit_events WHERE CAST(detail AS TEXT) LIKE '%{}%'", person.id);
    world.advance(1);
    run_upkeep(&world).await;
    assert_eq!(sql.count("users").await, 1);
    assert_eq!(sql.count("sessions").await, 1);
    assert_eq!(sql.count("audit_events WHERE kind = 'deletion_scheduled'").await, 1, "the entry is kept");
    let named = "audit_events WHERE kind = 'deletion_scheduled' \
                 AND (user_id IS NOT NULL OR session_id IS NOT NULL OR address IS NOT NULL OR user_agent IS NOT NULL)";
    assert_eq!(sql.count(named).await, 0, "without reference to the person");
    let erased = "audit_events WHERE kind = 'user_erased' AND user_id IS NULL";
    assert_eq!(sql.count(erased).await, 1, "without reference to the person");
    assert_eq!(sql.count(&about).await, 0);
    assert_eq!(
        sql.count("audit_events WHERE user_id IS NOT NULL").await,
        1,
        "the entry of the other account is kept"
    );
    assert_eq!(sql.count("messages WHERE masked LIKE '%8000'").await, 0);
    assert_eq!(sql.count("messages WHERE masked LIKE '%9000'").await, 1);
    assert_eq!(sql.count(&format!("inbox WHERE destination = '{MOBILE}'")).await, 0);
    assert_eq!(kind(&world.browser().login("hanmei", PASSWORD).await), "SignedIn");
    assert_eq!(kind(&world.browser().login("lilei", PASSWORD).await), "CredentialsRejected");
    // Another person can register the name and the number.
    let newcomer = world.person(MOBILE, "lilei").await;
    assert_ne!(newcomer.id, person.id);
    assert_ne!(newcomer.id, stranger.id);
}

#[apply(both_backends)]
async fn a_restored_account_is_not_purged(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    delete(&person.new_browser(&world), json!({})).await;
    let user = UserId::parse(&person.id).expect("an id");
    let administration = world.administration();
    assert_eq!(administration.restore_account(user).await, Ok(true));
    assert_eq!(administration.restore_account(user).await, Ok(false), "only once");
    assert_eq!(world.sql().await.count("audit_events WHERE kind = 'account_restored'").await, 1);
    world.advance(WEEK + 1);
    run_upkeep(&world).await;
    assert_eq!(kind(&world.browser().login("lilei", PASSWORD).await), "SignedIn");
    assert_eq!(person.new_browser(&world).me().await, Value::Null, "its sessions stay revoked");
}

#[apply(both_backends)]
async fn a_stale_session_needs_reauthentication(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let mut person = world.person(MOBILE, "lilei").await;
    person.refresh_after(&world, 601).await;
    let browser = person.new_browser(&world);
    assert_eq!(kind(&delete(&browser, json!({})).await), "ReauthenticationRequired");
    let wrong = json!({ "currentPassword": "not the password" });
    assert_eq!(kind(&delete(&browser, wrong).await), "CredentialsRejected");
    assert_eq!(kind(&world.browser().login("lilei", PASSWORD).await), "SignedIn", "the account still exists");
    // Signing in with a code is a re-authentication, too.
    let code = world.sms_code(MOBILE, "LOGIN").await;
    let fresh = world.browser().login_with_code(mobile_with_code(MOBILE, &code)).await;
    let fresh = world.browser().with_token(fresh["accessToken"].as_str().expect("a token"));
    assert_eq!(kind(&delete(&fresh, json!({})).await), "DeletionScheduled");
}

#[apply(both_backends)]
async fn wrong_passwords_are_limited(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_LIMITS_LOGIN_FREE", "2")]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let wrong = json!({ "currentPassword": "not the password" });
    for expected in ["CredentialsRejected", "CredentialsRejected", "RateLimited"] {
        assert_eq!(kind(&delete(&person.new_browser(&world), wrong.clone()).await), expected);
    }
}

#[apply(both_backends)]
async fn anonymous_callers_are_refused(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let reply = world.browser().mutate("deleteAccount", json!({ "currentPassword": PASSWORD })).await;
    assert_eq!(reply.error_code(), "UNAUTHENTICATED", "{}", reply.text);
}
