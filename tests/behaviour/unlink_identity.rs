//! Unlinking identities in the database.

use menjin::audit::Kind;
use menjin::core::ids::UserId;
use menjin::db::identities::Unlinked;
use menjin::db::models::{AuditEvent, Credential, Session};
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
    assert!(
        db.bind_identity(&identity, &password(), &rows.session(user), &linked, None).await.expect("a result")
    );
    let other = rows.add(rows.user("second")).await;
    let before = counts(&world).await;
    let sign_in = async |user| {
        let event = rows.event(Kind::SignedIn, user);
        let update = update("s1", None, &world);
        db.sign_in_with_identity(identity.id, &update, &rows.session(user), &event).await.expect("a result")
    };
    assert!(!sign_in(other).await, "it belongs to another account");
    let set = async |status| {
        let event = rows.event(Kind::UserDisabled, user);
        db.set_status(user, status, world.now(), &event).await.expect("a result").expect("a change");
    };
    set(AccountStatus::Disabled).await;
    assert!(!sign_in(user).await);
    set(AccountStatus::Active).await;
    let event = rows.event(Kind::IdentityUnlinked, user);
    assert_eq!(
        db.unlink_identity(user, "qq", None, true, &event, None).await.expect("a result"),
        Unlinked::Done
    );
    assert!(!sign_in(user).await);
    assert_eq!(counts(&world).await, [0, before[1], before[2] + 3, 0]);
    let session = rows.session(user);
    let event = rows.event(Kind::SignedIn, user);
    assert!(!db.open_session(&session, &Credential::Identity(identity.id), &event).await.expect("a result"));
}

#[apply(both_backends)]
async fn the_last_sign_in_method_cannot_be_unlinked(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (db, rows) = (world.db(), world.rows());
    let nil = UserId(uuid::Uuid::nil());
    let unlink = async |user, provider, guarded| {
        let event = rows.event(Kind::IdentityUnlinked, user);
        db.unlink_identity(user, provider, None, guarded, &event, Some(&rows.notice()))
            .await
            .expect("a result")
    };
    let alone = account_with(&world, "alone", rows.identity(nil, "qq", "s0")).await;
    let before = counts(&world).await;
    assert_eq!(unlink(alone, "wechat", true).await, Unlinked::Absent);
    assert_eq!(unlink(nil, "qq", true).await, Unlinked::Absent);
    assert_eq!(unlink(alone, "qq", true).await, Unlinked::LastWayIn);
    assert_eq!(counts(&world).await, before);
    let others = [
        ("UPDATE users SET mobile = '+8613800138000'", true),
        ("UPDATE users SET mobile = NULL, email = 'a@b.c', email_key = 'a@b.c'", true),
        ("UPDATE users SET email = NULL, email_key = NULL, password_hash = 'hash'", true),
        ("UPDATE users SET password_hash = NULL", false),
    ];
    let mut sql = world.sql().await;
    for (change, guarded) in others {
        sql.run(change).await;
        assert_eq!(unlink(alone, "qq", guarded).await, Unlinked::Done, "{change}");
        let identity = rows.identity(alone, "qq", "s0");
        let active = db.all_sessions(alone).await.expect("a result")[0].id;
        assert!(
            db.link_identity(&identity, active, &rows.event(Kind::IdentityLinked, alone), None)
                .await
                .expect("a result")
        );
    }
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
        assert!(
            db.open_session(&session, &proven, &rows.event(Kind::SignedIn, user)).await.expect("a result")
        );
        opened.push(session.id);
    }
    let event = AuditEvent { session_id: Some(opened[0].into()), ..rows.event(Kind::IdentityUnlinked, user) };
    assert_eq!(
        db.unlink_identity(user, "qq", None, true, &event, None).await.expect("a result"),
        Unlinked::Done
    );
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
        assert!(
            db.link_identity(&second, session, &rows.event(Kind::IdentityLinked, user), None)
                .await
                .expect("a result")
        );
        let (one, other) =
            (rows.event(Kind::IdentityUnlinked, user), rows.event(Kind::IdentityUnlinked, user));
        let (one, other) = tokio::join!(
            db.unlink_identity(user, "qq", None, true, &one, None),
            db.unlink_identity(user, "wechat", None, true, &other, None),
        );
        let mut outcomes = [one.expect("a result"), other.expect("a result")];
        outcomes.sort_by_key(|outcome| *outcome == Unlinked::LastWayIn);
        assert_eq!(outcomes, [Unlinked::Done, Unlinked::LastWayIn]);
    }
}
