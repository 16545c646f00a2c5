//! `resetPassword`: sets a new password with a mailed link, an SMS code or an e-mail code.

use futures_util::future::join_all;
use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::browser::{Browser, email_with_code, mobile_with_code, wrong_code};
use crate::support::proxy::ProxyState;
use crate::support::{Backend, PASSWORD, World, both_backends, invalid_fields, kind};

const MOBILE: &str = "+8613800138000";
const EMAIL: &str = "lilei@example.com";
const NEW: &str = "nine tame badgers doze";

fn link(token: &str) -> Value {
    json!({ "link": token })
}

async fn reset(browser: &Browser, proof: &Value, new: &str) -> Value {
    let input = json!({ "proof": proof, "password": new, "passwordConfirm": new });
    browser.mutate("resetPassword", input).await.data("resetPassword")
}

/// Requests a link and returns its token.
async fn mailed_token(world: &World, email: &str) -> String {
    world.advance(61);
    let input = json!({ "email": email });
    let asked = world.browser().mutate("requestPasswordReset", input).await.data("requestPasswordReset");
    assert_eq!(kind(&asked), "ResetRequested", "{asked}");
    world.reset_token(email).await
}

#[apply(both_backends)]
async fn a_link_resets_once_and_revokes_all_sessions(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person_by_email(EMAIL).await;
    let other = mailed_token(&world, EMAIL).await;
    let token = mailed_token(&world, EMAIL).await;
    let browser = world.browser();
    assert_eq!(
        reset(&browser, &link(&token), NEW).await,
        json!({ "__typename": "PasswordReset", "done": true })
    );
    assert_eq!(browser.cookie("menjin_refresh"), None, "nobody is signed in");
    assert_eq!(person.new_browser(&world).me().await, Value::Null, "the sessions have ended");
    let reply = person.browser.post("mutation { refreshSession { __typename } }", json!({})).await;
    assert_eq!(kind(&reply.data("refreshSession")), "SessionRejected");
    assert_eq!(kind(&world.browser().login(EMAIL, PASSWORD).await), "CredentialsRejected");
    assert_eq!(kind(&world.browser().login(EMAIL, NEW).await), "SignedIn");
    for spent in [&token, &other] {
        let again = reset(&world.browser(), &link(spent), "one more wild otter").await;
        assert_eq!(kind(&again), "TicketRejected", "{again}");
        assert_eq!(again["code"], "TICKET_REJECTED");
    }
    let notice = world.message_for(EMAIL).await;
    assert!(notice["subject"].as_str().is_some_and(|text| text.contains("reset")), "{notice}");
    assert!(notice["body"].as_str().is_some_and(|text| !text.contains("token")), "{notice}");
    assert_eq!(world.sql().await.count("audit_events WHERE kind = 'password_reset'").await, 1);
}

#[apply(both_backends)]
async fn codes_reset_the_password(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    world.sql().await.run(&format!("UPDATE users SET email = '{EMAIL}', email_key = '{EMAIL}'")).await;
    world.advance(61);
    let code = world.sms_code(MOBILE, "RESET_PASSWORD").await;
    let wrong = reset(&world.browser(), &mobile_with_code(MOBILE, &wrong_code(&code)), NEW).await;
    assert_eq!((kind(&wrong), &wrong["reason"]), ("CodeRejected", &json!("WRONG")));
    assert_eq!(kind(&reset(&world.browser(), &mobile_with_code(MOBILE, &code), NEW).await), "PasswordReset");
    assert_eq!(person.new_browser(&world).me().await, Value::Null);
    assert_eq!(kind(&world.browser().login("lilei", NEW).await), "SignedIn");
    let again = reset(&world.browser(), &mobile_with_code(MOBILE, &code), PASSWORD).await;
    assert_eq!((kind(&again), &again["reason"]), ("CodeRejected", &json!("USED_UP")));
    world.message_for(EMAIL).await;
    let code = world.email_code(EMAIL, "RESET_PASSWORD").await;
    assert_eq!(
        kind(&reset(&world.browser(), &email_with_code(EMAIL, &code), PASSWORD).await),
        "PasswordReset"
    );
    assert_eq!(kind(&world.browser().login("lilei", PASSWORD).await), "SignedIn");
}

#[apply(both_backends)]
async fn an_expired_code_or_one_for_another_purpose_is_rejected(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "lilei").await;
    world.advance(61);
    let code = world.sms_code(MOBILE, "LOGIN").await;
    assert_eq!(kind(&reset(&world.browser(), &mobile_with_code(MOBILE, &code), NEW).await), "CodeRejected");
    world.advance(61);
    let code = world.sms_code(MOBILE, "RESET_PASSWORD").await;
    world.advance(600);
    let late = reset(&world.browser(), &mobile_with_code(MOBILE, &code), NEW).await;
    assert_eq!((kind(&late), &late["reason"]), ("CodeRejected", &json!("EXPIRED")));
    assert_eq!(kind(&world.browser().login("lilei", PASSWORD).await), "SignedIn");
}

#[apply(both_backends)]
async fn links_expire_and_are_revoked_by_a_change_of_credentials(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let mut person = world.person_by_email(EMAIL).await;
    let token = mailed_token(&world, EMAIL).await;
    world.advance(1_800);
    assert_eq!(kind(&reset(&world.browser(), &link(&token), NEW).await), "TicketRejected");
    let token = mailed_token(&world, EMAIL).await;
    person.refresh_after(&world, 1).await;
    let input = json!({ "currentPassword": PASSWORD, "password": NEW });
    let changed = person.new_browser(&world).mutate("changePassword", input).await.data("changePassword");
    assert_eq!(kind(&changed), "PasswordChanged");
    assert_eq!(kind(&reset(&world.browser(), &link(&token), PASSWORD).await), "TicketRejected");
    for token in ["", "x", "\u{0}", &"A".repeat(43)] {
        assert_eq!(kind(&reset(&world.browser(), &link(token), NEW).await), "TicketRejected");
    }
}

#[apply(both_backends)]
async fn the_owner_learns_that_a_contact_has_no_account(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let code = world.sms_code(MOBILE, "RESET_PASSWORD").await;
    let outcome = reset(&world.browser(), &mobile_with_code(MOBILE, &code), NEW).await;
    assert_eq!(kind(&outcome), "CredentialsRejected");
    // With a wrong code, contacts with and without an account are indistinguishable.
    world.person("+8613900139000", "hanmei").await;
    world.advance(61);
    world.sms_code("+8613900139000", "RESET_PASSWORD").await;
    let known = reset(&world.browser(), &mobile_with_code("+8613900139000", "000000"), NEW).await;
    world.sms_code("+8613700137000", "RESET_PASSWORD").await;
    let unknown = reset(&world.browser(), &mobile_with_code("+8613700137000", "000000"), NEW).await;
    assert_eq!(known, unknown);
}

#[apply(both_backends)]
async fn failed_attempts_are_audited(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person_by_email(EMAIL).await;
    let token = mailed_token(&world, EMAIL).await;
    assert_eq!(kind(&reset(&world.browser(), &link(&token), NEW).await), "PasswordReset");
    let mut sql = world.sql().await;
    let failed = |rest: &str| format!("audit_events WHERE kind = 'proof_failed' AND user_id IS {rest}");
    assert_eq!(kind(&reset(&world.browser(), &link(&token), PASSWORD).await), "TicketRejected");
    assert_eq!(sql.count(&failed("NOT NULL")).await, 1, "the link was used before");
    assert_eq!(kind(&reset(&world.browser(), &link(&"A".repeat(43)), PASSWORD).await), "TicketRejected");
    assert_eq!(sql.count(&failed("NULL")).await, 1, "nobody's link");
    for (email, rest, expected) in [(EMAIL, "NOT NULL", 2), ("nobody@example.com", "NULL", 2)] {
        let outcome = reset(&world.browser(), &email_with_code(email, "000000"), NEW).await;
        assert_eq!(kind(&outcome), "CodeRejected", "{outcome}");
        assert_eq!(sql.count(&failed(rest)).await, expected, "{email}");
    }
    assert_eq!(
        sql.count("audit_events WHERE CAST(detail AS TEXT) LIKE '%email_code%' AND kind = 'proof_failed'")
            .await,
        2
    );
}

#[apply(both_backends)]
async fn a_disabled_account_stays_disabled(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person_by_email(EMAIL).await;
    let token = mailed_token(&world, EMAIL).await;
    world.advance(61);
    let code = world.email_code(EMAIL, "RESET_PASSWORD").await;
    world.sql().await.run("UPDATE users SET status = 'disabled'").await;
    assert_eq!(kind(&reset(&world.browser(), &link(&token), NEW).await), "TicketRejected");
    assert_eq!(kind(&reset(&world.browser(), &email_with_code(EMAIL, &code), NEW).await), "AccountDisabled");
    assert_eq!(kind(&world.browser().login(EMAIL, NEW).await), "CredentialsRejected");
}

#[apply(both_backends)]
async fn an_invalid_password_uses_up_neither_link_nor_code(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person_by_email(EMAIL).await;
    let token = mailed_token(&world, EMAIL).await;
    world.sql().await.run("UPDATE users SET username = 'redpanda', username_key = 'redpanda'").await;
    for (new, fault) in [("kq7-xz2", "TOO_SHORT"), ("redpanda-26", "PERSONAL_PASSWORD")] {
        let outcome = reset(&world.browser(), &link(&token), new).await;
        assert_eq!(invalid_fields(&outcome), [format!("password {fault}")]);
    }
    world.advance(61);
    let code = world.email_code(EMAIL, "RESET_PASSWORD").await;
    let outcome = reset(&world.browser(), &email_with_code(EMAIL, &code), "redpanda-26").await;
    assert_eq!(invalid_fields(&outcome), ["password PERSONAL_PASSWORD"]);
    let bad = json!({ "mobile": { "mobile": "12", "code": "x" } });
    let outcome = reset(&world.browser(), &bad, NEW).await;
    assert_eq!(
        invalid_fields(&outcome),
        ["proof.mobile.code NOT_A_CODE", "proof.mobile.mobile NOT_A_MOBILE"]
    );
    assert_eq!(kind(&reset(&world.browser(), &email_with_code(EMAIL, &code), NEW).await), "PasswordReset");
}

#[apply(both_backends)]
async fn one_of_many_concurrent_resets_with_one_link_succeeds(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person_by_email(EMAIL).await;
    let token = mailed_token(&world, EMAIL).await;
    let outcomes = join_all((0..4).map(|n| {
        let (browser, proof) = (world.browser(), link(&token));
        async move { reset(&browser, &proof, &format!("{NEW} {n}")).await }
    }))
    .await;
    let done = outcomes.iter().filter(|outcome| kind(outcome) == "PasswordReset").count();
    assert_eq!(done, 1, "{outcomes:?}");
}

#[apply(both_backends)]
async fn attempts_are_limited_per_client_address(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_LIMITS_REDEEM", "3/1h")]).await else { return };
    let browser = world.browser();
    for _ in 0..3 {
        assert_eq!(kind(&reset(&browser, &link("x"), NEW).await), "TicketRejected");
    }
    assert_eq!(kind(&reset(&browser, &link("x"), NEW).await), "RateLimited");
    assert_eq!(kind(&reset(&world.browser(), &link("x"), NEW).await), "TicketRejected");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_and_a_code_stay_valid_while_the_database_is_down() {
    let Some((world, _, database)) = World::start_behind_proxies(&[]).await else { return };
    world.person_by_email(EMAIL).await;
    let token = mailed_token(&world, EMAIL).await;
    world.advance(61);
    let code = world.email_code(EMAIL, "RESET_PASSWORD").await;
    database.set(ProxyState::Refusing);
    for proof in [link(&token), email_with_code(EMAIL, &code)] {
        let input = json!({ "proof": proof, "password": NEW });
        let reply = world.browser().mutate("resetPassword", input).await;
        assert_eq!(reply.error_code(), "UNAVAILABLE", "{}", reply.text);
    }
    database.set(ProxyState::Up);
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(kind(&reset(&world.browser(), &email_with_code(EMAIL, &code), NEW).await), "PasswordReset");
    assert_eq!(
        kind(&reset(&world.browser(), &link(&token), PASSWORD).await),
        "TicketRejected",
        "the link is used up"
    );
}
