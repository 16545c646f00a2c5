//! By what right an account is changed is looked at where the change is written: what ended meanwhile changes nothing.

use rstest_reuse::apply;
use std::time::Duration;

use chrono::TimeDelta;
use menjin::audit::Kind as Entry;
use menjin::core::ids::{SessionId, UserId};
use menjin::db::WriteError;
use menjin::db::changes::{AccountChange, Authorization, ProfileChange, RevokeScope, Stale};
use menjin::db::models::{Credential, NewUser};
use serde_json::{Value, json};

use crate::support::browser::email_proof;
use crate::support::{Backend, PASSWORD, Reply, World, both_backends, kind};

const MOBILE: &str = "+8613800138000";
const EMAIL: &str = "lilei@example.com";
const NEW: &str = "li.lei@example.org";
const OTHER_PASSWORD: &str = "nine tame badgers doze";

/// Somebody with a mobile number, an address and the password hash `hash`, and a session.
async fn somebody(world: &World, name: &str) -> (UserId, SessionId) {
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
    let proven = Credential::Password("hash".into());
    let event = rows.event(Entry::SignedIn, user);
    assert!(world.db().open_session(&session, &proven, &event).await.expect("the store is there"));
    (user, session.id)
}

/// What each change answers, made by the same right.
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
    let profile =
        ProfileChange { avatar_url: Some(Some("https://example.com/a".into())), ..Default::default() };
    vec![
        db.replace_password(&change(0), "new").await,
        db.change_mobile(&change(1), "+8613700137000").await,
        db.change_email(&change(2), "new@example.com", "new@example.com").await,
        db.update_profile(&change(3), &profile).await,
        db.schedule_deletion(&change(4), world.now() + TimeDelta::days(900)).await,
    ]
}

const UNTOUCHED: &str = "users WHERE password_hash = 'hash' AND mobile LIKE '+86138001380%' AND email LIKE 'l%' \
                         AND avatar_url IS NULL AND delete_at IS NULL AND updated_at = created_at";

#[apply(both_backends)]
async fn a_session_that_does_not_stand_changes_nothing(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (lilei, session) = somebody(&world, "lilei").await;
    let (_, strange) = somebody(&world, "lily").await;
    let shut = vec![Err(WriteError::Stale(Stale::Inactive)); 5];
    assert_eq!(
        all_changes(&world, lilei, || Authorization::Session { id: strange, password: None }).await,
        shut
    );
    let event = world.rows().event(Entry::SessionsRevoked, lilei);
    world.advance(1);
    assert!(
        world.db().revoke_session(session, "revoked", world.now(), &event).await.expect("the store is there")
    );
    let ended = || Authorization::Session { id: session, password: Some("hash") };
    assert_eq!(all_changes(&world, lilei, ended).await, shut);
    world.sql().await.run("UPDATE sessions SET revoked_at = NULL").await;
    world.advance(3_599);
    assert_eq!(all_changes(&world, lilei, ended).await, shut, "it has expired");
    let mut sql = world.sql().await;
    assert_eq!(sql.count(UNTOUCHED).await, 2);
    assert_eq!(sql.count("audit_events WHERE kind = 'profile_updated'").await, 0);
}

#[apply(both_backends)]
async fn what_was_proven_must_be_so_still(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (lilei, session) = somebody(&world, "lilei").await;
    let unproven = vec![Err(WriteError::Stale(Stale::Credential)); 5];
    let other = || Authorization::Session { id: session, password: Some("other hash") };
    assert_eq!(all_changes(&world, lilei, other).await, unproven);
    for proven in [
        Credential::Password("other hash".into()),
        Credential::Mobile("+8613700137000".into()),
        Credential::Email("other@example.com".into()),
    ] {
        let proven: &'static Credential = Box::leak(Box::new(proven));
        assert_eq!(all_changes(&world, lilei, || Authorization::Credential(proven)).await, unproven);
    }
    let without = all_changes(&world, lilei, || Authorization::Session { id: session, password: None }).await;
    assert_eq!(without[0], Err(WriteError::Stale(Stale::Credential)), "a password was set meanwhile");
    assert_eq!(without[1..], [Ok(0), Ok(0), Ok(0), Ok(0)]);
}

/// Sends a request that comes to its write while another transaction has made a change, which is committed then.
async fn meanwhile(
    world: &World,
    change: &str,
    request: impl Future<Output = Reply> + Send + 'static,
) -> Reply {
    let mut sql = world.sql().await;
    let begin = if world.db().backend() == menjin::db::Backend::Sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" };
    sql.run(&format!("{begin}; UPDATE users SET updated_at = updated_at; {change}")).await;
    let request = tokio::spawn(request);
    // A request that is slower than this finds the change made, and is refused at the door.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!request.is_finished(), "{}", request.await.expect("an answer").text);
    sql.run("COMMIT").await;
    request.await.expect("an answer")
}

#[apply(both_backends)]
async fn a_session_that_ends_while_its_request_is_at_work_changes_nothing(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let code = world.email_code(NEW, "CHANGE_CONTACT").await;
    for (mutation, input) in [
        ("changeEmail", json!({ "email": { "email": NEW, "code": code }, "currentPassword": PASSWORD })),
        ("changePassword", json!({ "currentPassword": PASSWORD, "password": OTHER_PASSWORD })),
        ("updateProfile", json!({ "nickname": "Thief" })),
        ("deleteAccount", json!({})),
    ] {
        let thief = person.at_work(&world);
        let end = "UPDATE sessions SET revoked_at = created_at, end_reason = 'revoked'";
        let reply = meanwhile(&world, end, async move { thief.mutate(mutation, input).await }).await;
        assert_eq!(reply.error_code(), "UNAUTHENTICATED", "{mutation}: {}", reply.text);
        world.sql().await.run("UPDATE sessions SET revoked_at = NULL").await;
    }
    let me = person.at_work(&world).me().await;
    assert_eq!((&me["email"], &me["nickname"]), (&Value::Null, &person.outcome["user"]["nickname"]));
    // The code was right and bought nothing.
    let input = json!({ "email": { "email": NEW, "code": code } });
    let changed = person.at_work(&world).mutate("changeEmail", input).await.data("changeEmail");
    assert_eq!(kind(&changed), "EmailChanged");
}

#[apply(both_backends)]
async fn a_session_that_ends_does_not_take_the_others_along(#[case] backend: Backend) {
    const REVOKE: &str = "mutation { revokeOtherSessions { __typename } }";
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    assert_eq!(kind(&world.browser().login("lilei", PASSWORD).await), "SignedIn");
    let thief = person.at_work(&world);
    // The one that came with the account.
    let end = "UPDATE sessions SET revoked_at = created_at WHERE method <> 'password'";
    let reply = meanwhile(&world, end, async move { thief.post(REVOKE, json!({})).await }).await;
    assert_eq!(reply.error_code(), "UNAUTHENTICATED", "{}", reply.text);
    assert_eq!(world.sql().await.count("sessions WHERE revoked_at IS NULL").await, 1);
}

#[apply(both_backends)]
async fn a_password_that_changes_while_it_is_checked_proves_nothing(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let code = world.email_code(NEW, "CHANGE_CONTACT").await;
    let thief = person.at_work(&world);
    let input = json!({ "email": { "email": NEW, "code": code }, "currentPassword": PASSWORD });
    let change = "UPDATE users SET password_hash = 'another'";
    let reply = meanwhile(&world, change, async move { thief.mutate("changeEmail", input).await }).await;
    assert_eq!(kind(&reply.data("changeEmail")), "CredentialsRejected", "{}", reply.text);
    assert_eq!(person.at_work(&world).me().await["email"], Value::Null);
}

#[apply(both_backends)]
async fn an_old_address_resets_nothing(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person_by_email(EMAIL).await;
    world.advance(61);
    let code = world.email_code(EMAIL, "RESET_PASSWORD").await;
    let thief = world.browser();
    let input = json!({ "proof": email_proof(EMAIL, &code), "password": OTHER_PASSWORD });
    let change = format!("UPDATE users SET email = '{NEW}', email_key = '{NEW}'");
    let reply = meanwhile(&world, &change, async move { thief.mutate("resetPassword", input).await }).await;
    assert_eq!(kind(&reply.data("resetPassword")), "CredentialsRejected", "{}", reply.text);
    assert_eq!(kind(&world.browser().login(NEW, PASSWORD).await), "SignedIn");
}

#[apply(both_backends)]
async fn no_link_goes_to_an_address_that_the_account_is_losing(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person_by_email(EMAIL).await;
    world.advance(61);
    let thief = world.browser();
    let change = format!("UPDATE users SET email = '{NEW}', email_key = '{NEW}'");
    let ask = async move { thief.mutate("requestPasswordReset", json!({ "email": EMAIL })).await };
    let reply = meanwhile(&world, &change, ask).await;
    assert_eq!(kind(&reply.data("requestPasswordReset")), "ResetRequested", "{}", reply.text);
    let mut sql = world.sql().await;
    assert_eq!(sql.count("reset_links WHERE user_id IS NULL").await, 1);
    assert_eq!(sql.count("reset_links").await, 1);
    assert_eq!(sql.count("messages WHERE kind = 'link.reset_password' AND status = 'expired'").await, 1);
}
