//! The authorization of a change is checked again in its transaction: a session or credentials that were revoked since
//! the request started change nothing.

use rstest_reuse::apply;
use std::time::Duration;

use chrono::TimeDelta;
use menjin::audit::Kind as Entry;
use menjin::core::ids::{SessionId, UserId};
use menjin::db::WriteError;
use menjin::db::changes::{AccountChange, Authorization, Changed, ProfileChange, RevokeScope, Stale};
use menjin::db::models::{Credential, NewUser};
use serde_json::{Value, json};

use crate::support::browser::email_with_code;
use crate::support::{Backend, PASSWORD, Reply, World, both_backends, kind};

const MOBILE: &str = "+8613800138000";
const EMAIL: &str = "lilei@example.com";
const NEW: &str = "li.lei@example.org";
const OTHER_PASSWORD: &str = "nine tame badgers doze";

/// Creates an account with a mobile number, an e-mail address, the password hash `hash` and a session.
async fn account_and_session(world: &World, name: &str) -> (UserId, SessionId) {
    let rows = world.rows();
    let email = format!("{name}@example.com");
    let user = NewUser {
        mobile: Some(format!("+86138001380{:02}", name.len())),
        email: Some(email.clone()),
        email_key: Some(email),
        password_hash: Some("hash".into()),
        ..rows.user(name)
    };
    let user = rows.add(user).await;
    let session = rows.session(user);
    let credential = Credential::Password("hash".into());
    let event = rows.event(Entry::SignedIn, user);
    world.db().open_session(&session, &credential, &event).await.expect("a session");
    (user, session.id)
}

/// Makes every change with the same authorization, and returns the results.
async fn all_changes(
    world: &World,
    user: UserId,
    authorization: impl Fn() -> Authorization<'static>,
) -> Vec<Result<usize, WriteError>> {
    let events = [(); 5].map(|()| world.rows().event(Entry::ProfileUpdated, user));
    let change = |n: usize| AccountChange {
        user,
        authorization: authorization(),
        now: world.now(),
        revokes: RevokeScope::Nothing,
        reason: "test",
        event: &events[n],
        notice: None,
    };
    let db = world.db();
    let revoked = |changed: Result<Changed, _>| changed.map(|changed| changed.revoked_sessions);
    let profile =
        ProfileChange { avatar_url: Some(Some("https://example.com/a".into())), ..Default::default() };
    vec![
        revoked(db.replace_password(&change(0), "new").await),
        revoked(db.change_mobile(&change(1), "+8613700137000").await),
        revoked(db.change_email(&change(2), "new@example.com", "new@example.com").await),
        revoked(db.update_profile(&change(3), &profile).await),
        revoked(db.schedule_deletion(&change(4), world.now() + TimeDelta::days(900)).await),
    ]
}

const UNTOUCHED: &str = "users WHERE password_hash = 'hash' AND mobile LIKE '+86138001380%' AND email LIKE 'l%' \
                         AND avatar_url IS NULL AND delete_at IS NULL AND updated_at = created_at";

#[apply(both_backends)]
async fn an_inactive_session_changes_nothing(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (lilei, session) = account_and_session(&world, "lilei").await;
    let (_, foreign) = account_and_session(&world, "lily").await;
    let inactive = vec![Err(WriteError::Stale(Stale::Inactive)); 5];
    assert_eq!(
        all_changes(&world, lilei, || Authorization::Session { id: foreign, password: None }).await,
        inactive
    );
    let event = world.rows().event(Entry::SessionsRevoked, lilei);
    world.advance(1);
    world.db().revoke_session(session, "revoked", world.now(), &event).await.expect("an active session");
    let ended = || Authorization::Session { id: session, password: Some("hash") };
    assert_eq!(all_changes(&world, lilei, ended).await, inactive);
    world.sql().await.run("UPDATE sessions SET revoked_at = NULL").await;
    world.advance(3_599);
    assert_eq!(all_changes(&world, lilei, ended).await, inactive, "it has expired");
    let mut sql = world.sql().await;
    assert_eq!(sql.count(UNTOUCHED).await, 2);
    assert_eq!(sql.count("audit_events WHERE kind = 'profile_updated'").await, 0);
}

#[apply(both_backends)]
async fn credentials_that_changed_since_they_were_checked_change_nothing(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (lilei, session) = account_and_session(&world, "lilei").await;
    let changed = vec![Err(WriteError::Stale(Stale::Credential)); 5];
    let other = || Authorization::Session { id: session, password: Some("other hash") };
    assert_eq!(all_changes(&world, lilei, other).await, changed);
    for credential in [
        Credential::Password("other hash".into()),
        Credential::Mobile("+8613700137000".into()),
        Credential::Email("other@example.com".into()),
    ] {
        let credential: &'static Credential = Box::leak(Box::new(credential));
        assert_eq!(all_changes(&world, lilei, || Authorization::Credential(credential)).await, changed);
    }
    let without = all_changes(&world, lilei, || Authorization::Session { id: session, password: None }).await;
    assert_eq!(without[0], Err(WriteError::Stale(Stale::Credential)), "the account has a password now");
    assert_eq!(without[1..], [Ok(0), Ok(0), Ok(0), Ok(0)]);
}

/// Sends a request that has to wait for another transaction, which then commits a change.
async fn during(world: &World, change: &str, request: impl Future<Output = Reply> + Send + 'static) -> Reply {
    let mut sql = world.sql().await;
    let begin = if world.db().backend() == menjin::db::Backend::Sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" };
    sql.run(&format!("{begin}; UPDATE users SET updated_at = updated_at; {change}")).await;
    let request = tokio::spawn(request);
    // A slower request sees the committed change and is refused before its write.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!request.is_finished(), "{}", request.await.expect("a response").text);
    sql.run("COMMIT").await;
    request.await.expect("a response")
}

#[apply(both_backends)]
async fn a_session_that_is_revoked_during_the_request_changes_nothing(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let code = world.email_code(NEW, "CHANGE_CONTACT").await;
    for (mutation, input) in [
        ("changeEmail", json!({ "email": { "email": NEW, "code": code }, "currentPassword": PASSWORD })),
        ("changePassword", json!({ "currentPassword": PASSWORD, "password": OTHER_PASSWORD })),
        ("updateProfile", json!({ "nickname": "Thief" })),
        ("deleteAccount", json!({})),
    ] {
        let thief = person.new_browser(&world);
        let end = "UPDATE sessions SET revoked_at = created_at, end_reason = 'revoked'";
        let reply = during(&world, end, async move { thief.mutate(mutation, input).await }).await;
        assert_eq!(reply.error_code(), "UNAUTHENTICATED", "{mutation}: {}", reply.text);
        world.sql().await.run("UPDATE sessions SET revoked_at = NULL").await;
    }
    let me = person.new_browser(&world).me().await;
    assert_eq!((&me["email"], &me["nickname"]), (&Value::Null, &person.outcome["user"]["nickname"]));
    // The code achieved nothing, so that it is still valid.
    let input = json!({ "email": { "email": NEW, "code": code } });
    let changed = person.new_browser(&world).mutate("changeEmail", input).await.data("changeEmail");
    assert_eq!(kind(&changed), "EmailChanged");
}

#[apply(both_backends)]
async fn a_session_that_is_revoked_during_the_request_revokes_no_others(#[case] backend: Backend) {
    const REVOKE: &str = "mutation { revokeOtherSessions { __typename } }";
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    assert_eq!(kind(&world.browser().login("lilei", PASSWORD).await), "SignedIn");
    let thief = person.new_browser(&world);
    // The session of the registration.
    let end = "UPDATE sessions SET revoked_at = created_at WHERE method <> 'password'";
    let reply = during(&world, end, async move { thief.post(REVOKE, json!({})).await }).await;
    assert_eq!(reply.error_code(), "UNAUTHENTICATED", "{}", reply.text);
    assert_eq!(world.sql().await.count("sessions WHERE revoked_at IS NULL").await, 1);
}

#[apply(both_backends)]
async fn a_password_that_changes_during_the_request_authorizes_nothing(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let code = world.email_code(NEW, "CHANGE_CONTACT").await;
    let thief = person.new_browser(&world);
    let input = json!({ "email": { "email": NEW, "code": code }, "currentPassword": PASSWORD });
    let change = "UPDATE users SET password_hash = 'another'";
    let reply = during(&world, change, async move { thief.mutate("changeEmail", input).await }).await;
    assert_eq!(kind(&reply.data("changeEmail")), "CredentialsRejected", "{}", reply.text);
    assert_eq!(person.new_browser(&world).me().await["email"], Value::Null);
}

#[apply(both_backends)]
async fn a_code_for_a_replaced_address_resets_nothing(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person_by_email(EMAIL).await;
    world.advance(61);
    let code = world.email_code(EMAIL, "RESET_PASSWORD").await;
    let thief = world.browser();
    let input = json!({ "proof": email_with_code(EMAIL, &code), "password": OTHER_PASSWORD });
    let change = format!("UPDATE users SET email = '{NEW}', email_key = '{NEW}'");
    let reply = during(&world, &change, async move { thief.mutate("resetPassword", input).await }).await;
    assert_eq!(kind(&reply.data("resetPassword")), "CredentialsRejected", "{}", reply.text);
    assert_eq!(kind(&world.browser().login(NEW, PASSWORD).await), "SignedIn");
}

#[apply(both_backends)]
async fn no_reset_link_is_sent_to_an_address_that_is_being_replaced(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person_by_email(EMAIL).await;
    world.advance(61);
    let thief = world.browser();
    let change = format!("UPDATE users SET email = '{NEW}', email_key = '{NEW}'");
    let ask = async move { thief.mutate("requestPasswordReset", json!({ "email": EMAIL })).await };
    let reply = during(&world, &change, ask).await;
    assert_eq!(kind(&reply.data("requestPasswordReset")), "ResetRequested", "{}", reply.text);
    let mut sql = world.sql().await;
    assert_eq!(sql.count("reset_links WHERE user_id IS NULL").await, 1);
    assert_eq!(sql.count("reset_links").await, 1);
    assert_eq!(sql.count("messages WHERE kind = 'link.reset_password' AND status = 'expired'").await, 1);
}
