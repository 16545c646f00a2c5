//! Codes that were sent before the credentials of an account changed are no longer valid.

use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::browser::{email_with_code, mobile_with_code};
use crate::support::{Backend, PASSWORD, World, both_backends, kind};

const MOBILE: &str = "+8613800138000";
const EMAIL: &str = "lilei@example.com";
const NEW: &str = "nine tame badgers doze";

async fn reset(world: &World, proof: Value) -> Value {
    let input = json!({ "proof": proof, "password": "one more wild otter" });
    world.browser().mutate("resetPassword", input).await.data("resetPassword")
}

#[track_caller]
fn assert_rejected(outcome: &Value) {
    assert_eq!((kind(outcome), &outcome["reason"]), ("CodeRejected", &json!("WRONG")), "{outcome}");
}

#[apply(both_backends)]
async fn a_new_password_invalidates_codes(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    world.advance(61);
    let login = world.sms_code(MOBILE, "LOGIN").await;
    world.advance(61);
    let forgotten = world.sms_code(MOBILE, "RESET_PASSWORD").await;
    let input = json!({ "currentPassword": PASSWORD, "password": NEW });
    let changed = person.new_browser(&world).mutate("changePassword", input).await.data("changePassword");
    assert_eq!(kind(&changed), "PasswordChanged");
    assert_rejected(&world.browser().login_with_code(mobile_with_code(MOBILE, &login)).await);
    assert_rejected(&reset(&world, mobile_with_code(MOBILE, &forgotten)).await);
    assert_eq!(kind(&world.browser().login("lilei", NEW).await), "SignedIn");
    world.message_for(MOBILE).await;
    world.advance(61);
    let login = world.sms_code(MOBILE, "LOGIN").await;
    assert_eq!(kind(&world.browser().login_with_code(mobile_with_code(MOBILE, &login)).await), "SignedIn");
}

#[apply(both_backends)]
async fn a_new_address_and_a_reset_invalidate_codes(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person_by_email(EMAIL).await;
    world.advance(61);
    let login = world.email_code(EMAIL, "LOGIN").await;
    let code = world.sms_code(MOBILE, "CHANGE_CONTACT").await;
    let input = json!({ "mobile": { "mobile": MOBILE, "code": code } });
    let changed = person.new_browser(&world).mutate("changeMobile", input).await.data("changeMobile");
    assert_eq!(kind(&changed), "MobileChanged");
    assert_rejected(&world.browser().login_with_code(email_with_code(EMAIL, &login)).await);
    world.message_for(EMAIL).await;
    world.advance(61);
    let login = world.email_code(EMAIL, "LOGIN").await;
    let forgotten = world.sms_code(MOBILE, "RESET_PASSWORD").await;
    assert_eq!(kind(&reset(&world, mobile_with_code(MOBILE, &forgotten)).await), "PasswordReset");
    assert_rejected(&world.browser().login_with_code(email_with_code(EMAIL, &login)).await);
}

#[apply(both_backends)]
async fn deleting_and_restoring_the_account_invalidates_codes(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    world.advance(61);
    let login = world.sms_code(MOBILE, "LOGIN").await;
    let deleted = person.new_browser(&world).mutate("deleteAccount", json!({})).await.data("deleteAccount");
    assert_eq!(kind(&deleted), "DeletionScheduled");
    world.sql().await.run("UPDATE users SET delete_at = NULL").await;
    assert_rejected(&world.browser().login_with_code(mobile_with_code(MOBILE, &login)).await);
}
