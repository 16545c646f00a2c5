//! `changeEmail`: verifies the new address and notifies the old one. `change_mobile.rs` tests what both have in common.

use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::{Backend, PASSWORD, World, both_backends, invalid_fields, kind};

const MOBILE: &str = "+8613800138000";
const OLD: &str = "lilei@example.com";
const NEW: &str = "Li.Lei@example.org";

async fn change(browser: &Browser, email: &str, code: &str) -> Value {
    let input = json!({ "email": { "email": email, "code": code }, "endOtherSessions": true });
    browser.mutate("changeEmail", input).await.data("changeEmail")
}

#[apply(both_backends)]
async fn the_old_address_is_notified_and_its_reset_links_are_revoked(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person_by_email(OLD).await;
    world.advance(61);
    world.browser().mutate("requestPasswordReset", json!({ "email": OLD })).await;
    let token = world.reset_token(OLD).await;
    let code = world.email_code(NEW, "CHANGE_CONTACT").await;
    let outcome = change(&person.new_browser(&world), NEW, &code).await;
    assert_eq!(kind(&outcome), "EmailChanged", "{outcome}");
    assert_eq!(outcome["user"]["email"], NEW);
    let notice = world.message_for(OLD).await;
    assert!(
        notice["subject"].as_str().is_some_and(|text| text.contains("e-mail address changed")),
        "{notice}"
    );
    assert!(notice["body"].as_str().is_some_and(|text| !text.contains("example.org")), "{notice}");
    let input = json!({ "proof": { "link": token }, "password": "nine tame badgers doze" });
    let reset = world.browser().mutate("resetPassword", input).await.data("resetPassword");
    assert_eq!(kind(&reset), "TicketRejected", "the old mailbox can no longer reset the password");
    assert_eq!(kind(&world.browser().login("li.lei@EXAMPLE.org", PASSWORD).await), "SignedIn");
    assert_eq!(kind(&world.browser().login(OLD, PASSWORD).await), "CredentialsRejected");
}

#[apply(both_backends)]
async fn adding_a_first_address_notifies_the_mobile_number(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let code = world.email_code(NEW, "CHANGE_CONTACT").await;
    assert_eq!(kind(&change(&person.new_browser(&world), NEW, &code).await), "EmailChanged");
    let notice = world.message_for(MOBILE).await;
    assert!(notice["body"].as_str().is_some_and(|text| text.contains("e-mail address")), "{notice}");
}

#[apply(both_backends)]
async fn a_stale_session_or_a_taken_address_changes_nothing(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let mut person = world.person(MOBILE, "lilei").await;
    world.person_by_email(OLD).await;
    world.advance(61);
    let code = world.email_code(OLD, "CHANGE_CONTACT").await;
    let outcome = change(&person.new_browser(&world), &OLD.to_uppercase(), &code).await;
    assert_eq!((kind(&outcome), &outcome["field"]), ("IdentifierTaken", &json!("email.email")));
    person.refresh_after(&world, 601).await;
    let code = world.email_code(NEW, "CHANGE_CONTACT").await;
    assert_eq!(kind(&change(&person.new_browser(&world), NEW, &code).await), "ReauthenticationRequired");
    let bad = change(&person.new_browser(&world), "nobody", "x").await;
    assert_eq!(invalid_fields(&bad), ["email.code NOT_A_CODE", "email.email NOT_AN_EMAIL"]);
    assert_eq!(person.new_browser(&world).me().await["email"], Value::Null);
}

#[apply(both_backends)]
async fn anonymous_callers_are_refused(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let input = json!({ "email": { "email": NEW, "code": "000000" } });
    let reply = world.browser().mutate("changeEmail", input).await;
    assert_eq!(reply.error_code(), "UNAUTHENTICATED", "{}", reply.text);
}
