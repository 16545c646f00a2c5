//! Unlinking identities in the database.

use menjin::audit::Kind;
use menjin::core::ids::UserId;
use menjin::db::WriteError;
use menjin::db::changes::{Stale, StatusChange};
use menjin::db::identities::Unlinked;
use menjin::db::models::{Credential, Session};
use menjin::db::types::{AccountStatus, SessionMethod};
use rstest_reuse::apply;

use crate::identities::{account_with, counts, password, update, with_password};
use crate::support::{Backend, World, both_backends};

#[apply(both_backends)]
async fn an_unlinked_identity_does_not_sign_in(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (db, rows) = (world.db(), world.rows());
    let user = rows.add(with_password(&rows, "first")).await;
    let identity = rows.identity(user, "qq", "s1");
    let linked = [rows.event(Kind::IdentityLinked, user)];
    db.bind_identity(&identity, &password(), &rows.session(user), &linked, None).await.expect("an identity");
    let other = rows.add(rows.user("second")).await;
    let before = counts(&world).await;
    let sign_in = async |user| {
        let event = rows.event(Kind::SignedIn, user);
        let update = update("s1", None, &world);
        db.sign_in_with_identity(identity.id, &update, &rows.session(user), &event).await
    };
    let (inactive, changed) =
        (Err(WriteError::Stale(Stale::Inactive)), Err(WriteError::Stale(Stale::Credential)));
    assert_eq!(sign_in(other).await, changed, "it belongs to another account");
    let set = async |status| {
        let event = rows.event(Kind::UserDisabled, user);
        let set = db.set_status(user, status, world.now(), &event).await.expect("a result");
        assert!(matches!(set, StatusChange::Changed { .. }), "{set:?}");
    };
    set(AccountStatus::Disabled).await;
    assert_eq!(sign_in(user).await, inactive);
    set(AccountStatus::Active).await;
    let session = rows.session(user);
    let event = rows.event(Kind::SignedIn, user);
    db.open_session(&session, &password(), &event).await.expect("a session");
    let event = rows.event(Kind::IdentityUnlinked, user);
    assert_eq!(db.unlink_identity(user, "qq", session.id, &event, None).await, Ok(Unlinked::Done));
    assert_eq!(sign_in(user).await, changed);
    assert_eq!(counts(&world).await, [0, before[1] + 1, before[2] + 4, 0]);
    let session = rows.session(user);
    let event = rows.event(Kind::SignedIn, user);
    assert_eq!(db.open_session(&session, &Credential::Identity(identity.id), &event).await, changed);
}

#[apply(both_backends)]
async fn the_last_sign_in_method_cannot_be_unlinked(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (db, rows) = (world.db(), world.rows());
    let nil = UserId(uuid::Uuid::nil());
    let alone = account_with(&world, "alone", rows.identity(nil, "qq", "s0")).await;
    let session = db.all_sessions(alone).await.expect("a result")[0].id;
    let unlink = async |user, provider| {
        let event = rows.event(Kind::IdentityUnlinked, user);
        db.unlink_identity(user, provider, session, &event, Some(&rows.notice())).await
    };
    let before = counts(&world).await;
    assert_eq!(unlink(alone, "wechat").await, Ok(Unlinked::NotLinked));
    assert_eq!(unlink(nil, "qq").await, Err(WriteError::Stale(Stale::Inactive)));
    assert_eq!(unlink(alone, "qq").await, Ok(Unlinked::LastSignInMethod));
    assert_eq!(counts(&world).await, before);
    let others = [
        "UPDATE users SET mobile = '+8613800138000'",
        "UPDATE users SET mobile = NULL, email = 'a@b.c', email_key = 'a@b.c'",
        "UPDATE users SET email = NULL, email_key = NULL, password_hash = 'hash'",
    ];
    let mut sql = world.sql().await;
    for change in others {
        sql.run(change).await;
        assert_eq!(unlink(alone, "qq").await, Ok(Unlinked::Done), "{change}");
        let identity = rows.identity(alone, "qq", "s0");
        db.link_identity(&identity, session, &rows.event(Kind::IdentityLinked, alone), None)
            .await
            .expect("an identity");
    }
    sql.run("UPDATE users SET password_hash = NULL").await;
    assert_eq!(unlink(alone, "qq").await, Ok(Unlinked::LastSignInMethod));
}

#[apply(both_backends)]
async fn unlinking_revokes_the_sessions_that_the_provider_opened(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (db, rows) = (world.db(), world.rows());
    let user = account_with(&world, "first", rows.identity(UserId(uuid::Uuid::nil()), "qq", "s1")).await;
    let mut sql = world.sql().await;
    sql.run("UPDATE users SET password_hash = 'hash'").await;
    let proven = Credential::Password("hash".into());
    let mut opened = Vec::new();
    let provider = |slug: &str| SessionMethod::Provider(slug.into());
    for method in [provider("qq"), provider("qq"), provider("qq2"), SessionMethod::Password] {
        let session = Session { method, ..rows.session(user) };
        db.open_session(&session, &proven, &rows.event(Kind::SignedIn, user)).await.expect("a session");
        opened.push(session.id);
    }
    let event = rows.event(Kind::IdentityUnlinked, user);
    assert_eq!(db.unlink_identity(user, "qq", opened[0], &event, None).await, Ok(Unlinked::Done));
    for (n, id) in opened.into_iter().enumerate() {
        let session = db.find_session(id).await.expect("a result").expect("a session");
        assert_eq!(session.revoked_at.is_some(), n == 1, "{n}");
    }
    assert_eq!(sql.count("sessions WHERE end_reason = 'identity_unlinked'").await, 1);
}

#[apply(both_backends)]
async fn one_of_two_concurrent_unlinks_of_the_last_methods_is_refused(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (db, rows) = (world.db(), world.rows());
    let nil = UserId(uuid::Uuid::nil());
    for round in 0..10 {
        let user =
            account_with(&world, &format!("u{round}"), rows.identity(nil, "qq", &format!("s{round}"))).await;
        let session = db.all_sessions(user).await.expect("a result")[0].id;
        let second = rows.identity(user, "wechat", &format!("s{round}"));
        db.link_identity(&second, session, &rows.event(Kind::IdentityLinked, user), None)
            .await
            .expect("an identity");
        let (one, other) =
            (rows.event(Kind::IdentityUnlinked, user), rows.event(Kind::IdentityUnlinked, user));
        let (one, other) = tokio::join!(
            db.unlink_identity(user, "qq", session, &one, None),
            db.unlink_identity(user, "wechat", session, &other, None),
        );
        let mut outcomes = [one.expect("a result"), other.expect("a result")];
        outcomes.sort_by_key(|outcome| *outcome == Unlinked::LastSignInMethod);
        assert_eq!(outcomes, [Unlinked::Done, Unlinked::LastSignInMethod]);
    }
}
