//! Identities of social providers in the database: finding, using and linking them, also concurrently.

use menjin::audit::Kind;
use menjin::core::ids::UserId;
use menjin::db::changes::Stale;
use menjin::db::identities::{IdentityUpdate, NewIdentity, Unlinked};
use menjin::db::models::{Credential, NewUser};
use menjin::db::{Taken, WriteError};
use rstest_reuse::apply;

use crate::support::rows::Rows;
use crate::support::{Backend, World, both_backends};

pub fn update(subject: &str, union_id: Option<&str>, world: &World) -> IdentityUpdate {
    IdentityUpdate {
        subject: subject.into(),
        union_id: union_id.map(Into::into),
        nickname: Some("after".into()),
        avatar_url: Some("https://example.com/a.png".into()),
        email: Some("a@example.com".into()),
        tokens: Some(vec![7]),
        last_used_at: world.now().into(),
    }
}

pub fn with_password(rows: &Rows<'_>, name: &str) -> NewUser {
    NewUser { password_hash: Some("hash".into()), ..rows.user(name) }
}

pub fn password() -> Credential {
    Credential::Password("hash".into())
}

/// Creates an account that has this identity and nothing else.
pub async fn account_with(world: &World, name: &str, identity: NewIdentity) -> UserId {
    let rows = world.rows();
    let (user, identity) = (rows.user(name), identity);
    let identity = NewIdentity { user_id: user.id, ..identity };
    let events = [rows.event(Kind::Registered, user.id), rows.event(Kind::IdentityLinked, user.id)];
    let made = world.db().create_user_with_identity(&user, &identity, &rows.session(user.id), &events).await;
    made.expect("an account");
    user.id
}

pub async fn counts(world: &World) -> [i64; 4] {
    let mut sql = world.sql().await;
    let mut counts = [0; 4];
    for (count, table) in counts.iter_mut().zip(["identities", "sessions", "audit_events", "messages"]) {
        *count = sql.count(table).await;
    }
    counts
}

#[track_caller]
fn taken<T>(outcome: Result<T, WriteError>) -> Taken {
    match outcome {
        Err(WriteError::Taken(taken)) => taken,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("there is no conflict"),
    }
}

#[apply(both_backends)]
async fn an_identity_is_found_by_subject_then_by_union_id(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let rows = world.rows();
    let nil = UserId(uuid::Uuid::nil());
    let with_union = NewIdentity { union_id: Some("u1".into()), ..rows.identity(nil, "qq", "s1") };
    let first = account_with(&world, "first", with_union).await;
    let second = account_with(&world, "second", rows.identity(nil, "qq", "s2")).await;
    let find = async |provider, subject, union_id| {
        world
            .db()
            .find_identity(provider, subject, union_id)
            .await
            .expect("a result")
            .map(|found| found.user_id)
    };
    assert_eq!(find("qq", "s1", None).await, Some(first));
    assert_eq!(find("qq", "other", Some("u1")).await, Some(first));
    assert_eq!(find("qq", "s2", Some("u1")).await, Some(second), "the subject takes precedence");
    assert_eq!(find("wechat", "s1", Some("u1")).await, None);
    assert_eq!(find("qq", "other", Some("s2")).await, None);
    assert_eq!(find("qq", "other", None).await, None);
}

#[apply(both_backends)]
async fn an_account_and_its_identity_are_created_together_or_not_at_all(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let rows = world.rows();
    let nil = UserId(uuid::Uuid::nil());
    let user = account_with(&world, "first", rows.identity(nil, "qq", "s1")).await;
    assert_eq!(counts(&world).await, [1, 1, 2, 0]);
    let other = rows.user("second");
    let identity = rows.identity(other.id, "qq", "s1");
    let events = [rows.event(Kind::Registered, other.id)];
    let made =
        world.db().create_user_with_identity(&other, &identity, &rows.session(other.id), &events).await;
    assert_eq!(taken(made), Taken::IdentityLinked);
    assert_eq!(counts(&world).await, [1, 1, 2, 0]);
    assert!(world.db().find_user(other.id).await.expect("a result").is_none());
    let bound = world.db().identities_of(user).await.expect("a result");
    assert_eq!(bound.len(), 1);
    assert_eq!(bound[0].tokens.as_deref(), Some([0, 255].as_slice()));
}

#[apply(both_backends)]
async fn a_sign_in_updates_the_identity(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let rows = world.rows();
    let nil = UserId(uuid::Uuid::nil());
    let user = account_with(&world, "first", rows.identity(nil, "qq", "s1")).await;
    let id = world.db().identities_of(user).await.expect("a result")[0].id;
    world.advance(60);
    let sign_in = async |update: IdentityUpdate| {
        let event = rows.event(Kind::SignedIn, user);
        let signed_in = world.db().sign_in_with_identity(id, &update, &rows.session(user), &event).await;
        signed_in.expect("a session");
        world.db().identities_of(user).await.expect("a result").remove(0)
    };
    let known = sign_in(update("s1", Some("u1"), &world)).await;
    assert_eq!((known.union_id.as_deref(), known.nickname.as_deref()), (Some("u1"), Some("after")));
    assert_eq!(
        (known.email.as_deref(), known.tokens.as_deref()),
        (Some("a@example.com"), Some([7].as_slice()))
    );
    assert_eq!(known.avatar_url.as_deref(), Some("https://example.com/a.png"));
    assert_eq!((known.last_used_at.0 - known.linked_at.0).num_seconds(), 60);
    let known = sign_in(update("s2", None, &world)).await;
    assert_eq!(
        (known.subject.as_str(), known.union_id.as_deref()),
        ("s2", Some("u1")),
        "a missing union id does not delete the stored one"
    );
    let silent =
        IdentityUpdate { nickname: None, email: None, tokens: None, ..update("s2", Some("u2"), &world) };
    let known = sign_in(silent).await;
    assert_eq!((known.union_id.as_deref(), known.nickname, known.tokens), (Some("u2"), None, None));
    assert_eq!(counts(&world).await, [1, 4, 5, 0]);
    // An identity of another account has that union id: the user is signed in all the same.
    let other = NewIdentity { union_id: Some("u3".into()), ..rows.identity(nil, "qq", "s3") };
    account_with(&world, "second", other).await;
    assert_eq!(sign_in(update("s2", Some("u3"), &world)).await.union_id.as_deref(), Some("u2"));
}

#[apply(both_backends)]
async fn binding_writes_everything_or_nothing(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (db, rows) = (world.db(), world.rows());
    let user = rows.add(with_password(&rows, "first")).await;
    let events = [rows.event(Kind::IdentityLinked, user), rows.event(Kind::SignedIn, user)];
    let bind = async |identity: &NewIdentity, proven: &Credential| {
        let user = identity.user_id;
        let events = [rows.event(Kind::IdentityLinked, user), rows.event(Kind::SignedIn, user)];
        db.bind_identity(identity, proven, &rows.session(user), &events, Some(&rows.notice())).await
    };
    let qq = rows.identity(user, "qq", "s1");
    let changed = Err(WriteError::Stale(Stale::Credential));
    assert_eq!(bind(&qq, &Credential::Password("another".into())).await, changed);
    assert_eq!(counts(&world).await, [0, 0, 1, 0]);
    // The last audit entry cannot be written, so nothing is.
    let twice = [events[0].clone(), events[0].clone()];
    let failed = db.bind_identity(&qq, &password(), &rows.session(user), &twice, Some(&rows.notice())).await;
    assert_eq!(taken(failed), Taken::Other);
    assert_eq!(counts(&world).await, [0, 0, 1, 0]);
    let with_union = NewIdentity { union_id: Some("u1".into()), ..qq.clone() };
    bind(&with_union, &password()).await.expect("an identity");
    assert_eq!(counts(&world).await, [1, 1, 3, 1]);

    let other = rows.add(with_password(&rows, "second")).await;
    let full = counts(&world).await;
    assert_eq!(taken(bind(&rows.identity(other, "qq", "s1"), &password()).await), Taken::IdentityLinked);
    let same_person = NewIdentity { union_id: Some("u1".into()), ..rows.identity(other, "qq", "s2") };
    assert_eq!(taken(bind(&same_person, &password()).await), Taken::IdentityLinked);
    assert_eq!(taken(bind(&rows.identity(user, "qq", "s2"), &password()).await), Taken::ProviderLinked);
    assert_eq!(taken(bind(&rows.identity(user, "qq", "s1"), &password()).await), Taken::IdentityLinked);
    let same_person = NewIdentity { union_id: Some("u1".into()), ..rows.identity(user, "qq", "s2") };
    assert_eq!(taken(bind(&same_person, &password()).await), Taken::IdentityLinked);
    assert_eq!(counts(&world).await, full);
    world.advance(1);
    let by_qq = Credential::Identity(qq.id);
    bind(&rows.identity(user, "wechat", "s1"), &by_qq).await.expect("an identity");
    assert_eq!(bind(&rows.identity(other, "wechat", "s2"), &by_qq).await, changed);
    let names: Vec<_> =
        db.identities_of(user).await.expect("a result").into_iter().map(|one| one.provider).collect();
    assert_eq!(names, ["qq", "wechat"]);
}

#[apply(both_backends)]
async fn one_of_two_accounts_that_bind_an_identity_concurrently_gets_it(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (db, rows) = (world.db(), world.rows());
    for round in 0..10 {
        let subject = format!("s{round}");
        let mut tries = Vec::new();
        for side in ["a", "b"] {
            let user = rows.add(with_password(&rows, &format!("{side}{round}"))).await;
            let (db, identity, session) =
                (db.clone(), rows.identity(user, "qq", &subject), rows.session(user));
            let events = [rows.event(Kind::IdentityLinked, user)];
            tries.push(tokio::spawn(async move {
                db.bind_identity(&identity, &password(), &session, &events, None).await
            }));
        }
        let (mut bound, mut refused) = (0, 0);
        for tried in tries {
            match tried.await.expect("a result") {
                Ok(()) => bound += 1,
                outcome => {
                    assert_eq!(taken(outcome), Taken::IdentityLinked);
                    refused += 1;
                }
            }
        }
        assert_eq!((bound, refused), (1, 1));
    }
    assert_eq!(counts(&world).await, [10, 10, 30, 0]);
}

#[apply(both_backends)]
async fn an_account_gets_one_of_two_concurrent_identities_of_a_provider(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (db, rows) = (world.db(), world.rows());
    for round in 0..10 {
        let user = rows.add(with_password(&rows, &format!("u{round}"))).await;
        let session = rows.session(user);
        db.open_session(&session, &password(), &rows.event(Kind::SignedIn, user)).await.expect("a session");
        let (one, other) = (
            rows.identity(user, "qq", &format!("a{round}")),
            rows.identity(user, "qq", &format!("b{round}")),
        );
        let (bound, linked) =
            (rows.event(Kind::IdentityLinked, user), rows.event(Kind::IdentityLinked, user));
        let (events, opened, proven) = ([bound], rows.session(user), password());
        let (first, second) = tokio::join!(
            db.bind_identity(&one, &proven, &opened, &events, None),
            db.link_identity(&other, session.id, &linked, None),
        );
        let outcomes = [first, second];
        assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Ok(()))).count(), 1);
        for outcome in outcomes {
            assert!(matches!(outcome, Ok(()) | Err(WriteError::Taken(Taken::ProviderLinked))), "{outcome:?}");
        }
    }
    assert_eq!(world.sql().await.count("identities").await, 10);
}

#[apply(both_backends)]
async fn only_an_active_session_links(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (db, rows) = (world.db(), world.rows());
    let user = rows.add(with_password(&rows, "first")).await;
    let other = rows.add(with_password(&rows, "second")).await;
    let open = async |user| {
        let session = rows.session(user);
        db.open_session(&session, &password(), &rows.event(Kind::SignedIn, user)).await.expect("a session");
        session.id
    };
    let (active, ended, foreign) = (open(user).await, open(user).await, open(other).await);
    let event = rows.event(Kind::SignedOut, user);
    db.revoke_session(ended, "logout", world.now(), &event).await.expect("a result");
    assert_eq!(
        db.revoke_session(ended, "logout", world.now(), &event).await,
        Err(WriteError::Stale(Stale::Inactive)),
        "once"
    );
    let link = async |session| {
        let event = rows.event(Kind::IdentityLinked, user);
        db.link_identity(&rows.identity(user, "qq", "s1"), session, &event, Some(&rows.notice())).await
    };
    let inactive = Err(WriteError::Stale(Stale::Inactive));
    let before = counts(&world).await;
    assert_eq!(link(ended).await, inactive);
    assert_eq!(link(foreign).await, inactive);
    assert_eq!(counts(&world).await, before);
    assert_eq!(link(active).await, Ok(()));
    assert_eq!(counts(&world).await, [1, before[1], before[2] + 1, 1]);
    let event = rows.event(Kind::IdentityUnlinked, user);
    let unlinked = db.unlink_identity(user, "qq", active, &event, Some(&rows.notice())).await;
    assert_eq!(unlinked, Ok(Unlinked::Done));
    assert_eq!(counts(&world).await, [0, before[1], before[2] + 2, 2]);
    world.advance(3_600);
    assert_eq!(link(active).await, inactive, "the session has expired");
    world.advance(-1);
    assert_eq!(link(active).await, Ok(()));
}

#[apply(both_backends)]
async fn purging_an_account_deletes_its_identities(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let rows = world.rows();
    let nil = UserId(uuid::Uuid::nil());
    account_with(&world, "gone", rows.identity(nil, "qq", "s1")).await;
    account_with(&world, "stays", rows.identity(nil, "qq", "s2")).await;
    let mut sql = world.sql().await;
    let past = match sql {
        crate::support::sql::Sql::Pg(_) => "'2026-02-01'",
        crate::support::sql::Sql::Sqlite(_) => "1",
    };
    sql.run(&format!("UPDATE users SET delete_at = {past} WHERE username = 'gone'")).await;
    // The running gateway may have purged it already.
    world.db().erase_due(world.now(), &[]).await.expect("a result");
    assert_eq!(sql.count("users WHERE username = 'gone'").await, 0);
    assert_eq!(sql.count("identities").await, 1);
    assert_eq!(sql.count("identities WHERE subject = 's2'").await, 1);
}
