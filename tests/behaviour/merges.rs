//! Two accounts made one, and taken apart again.

use chrono::TimeDelta;
use menjin::audit::Kind as Happened;
use menjin::config::retention::RetentionSettings;
use menjin::core::ids::{MergeId, SessionId, UserId};
use menjin::core::random::Random;
use menjin::db::merges::{Merged, NewMerge, Undone};
use menjin::db::models::{Credential, NewUser, User};
use menjin::db::{WriteError, upkeep};
use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::browser::mobile_proof;
use crate::support::{Backend, PASSWORD, World, both_backends, kind};

const DAYS: i64 = 86_400;

/// Stands for sealing: what is stored is not what was given.
fn seal(text: &str) -> Vec<u8> {
    text.bytes().rev().collect()
}

fn unseal(bytes: &[u8]) -> Result<String, String> {
    String::from_utf8(bytes.iter().rev().copied().collect()).map_err(|error| error.to_string())
}

fn password(hash: &str) -> Credential {
    Credential::Password(hash.into())
}

/// Two accounts of one person. `kept` has a QQ and roles, `merged` has everything.
struct Pair<'a> {
    world: &'a World,
    kept: UserId,
    session: SessionId,
    merged: UserId,
}

impl<'a> Pair<'a> {
    async fn new(world: &'a World) -> Self {
        let (db, rows) = (world.db(), world.rows());
        let first = NewUser { roles: r#"["reader","editor"]"#.into(), ..rows.user("kept") };
        let qq = rows.identity(first.id, "qq", "s1");
        let opened = rows.session(first.id);
        db.create_user_with_identity(&first, &qq, &opened, &[]).await.expect("an account");
        let second = NewUser {
            mobile: Some("+8613800138000".into()),
            email: Some("Li@example.com".into()),
            email_key: Some("li@example.com".into()),
            password_hash: Some("hash".into()),
            roles: r#"["editor","judge"]"#.into(),
            ..rows.user("merged")
        };
        let github = rows.identity(second.id, "github", "s2");
        db.create_user_with_identity(&second, &github, &rows.session(second.id), &[])
            .await
            .expect("an account");
        Self { world, kept: first.id, session: opened.id, merged: second.id }
    }

    fn plan<'p>(&self, proven: &'p Credential) -> NewMerge<'p> {
        NewMerge {
            id: MergeId::new(&self.world.clock, &Random::system()),
            kept: self.kept,
            merged: self.merged,
            session: self.session,
            kept_proven: None,
            merged_proven: proven,
            at: self.world.now(),
            undo_until: self.world.now() + TimeDelta::days(30),
            notices: &[],
        }
    }

    async fn make(&self, plan: &NewMerge<'_>) -> Result<Merged, WriteError> {
        let rows = self.world.rows();
        let events = [plan.kept, plan.merged].map(|user| rows.event(Happened::AccountsMerged, user));
        self.world.db().merge_accounts(plan, &seal, &events).await
    }

    /// The merge that works.
    async fn merge(&self) -> MergeId {
        let (proven, notices) = (password("hash"), [self.world.rows().notice(), self.world.rows().notice()]);
        let plan = NewMerge { notices: &notices, ..self.plan(&proven) };
        assert_eq!(self.make(&plan).await.expect("it answers"), Merged::Done);
        plan.id
    }

    async fn undo(&self, id: MergeId) -> Undone {
        let rows = self.world.rows();
        let events = [self.kept, self.merged].map(|user| rows.event(Happened::AccountsUnmerged, user));
        let notices = [rows.notice()];
        let undone = self.world.db().undo_merge(id, self.world.now(), &unseal, &events, &notices).await;
        undone.expect("it answers")
    }

    /// Undoes a merge that can be undone; tells what was not given back.
    async fn stayed(&self, id: MergeId) -> Vec<String> {
        let Undone::Done { stayed, .. } = self.undo(id).await else { panic!("it cannot be undone") };
        stayed
    }

    async fn look(&self, user: UserId) -> Look {
        let row = self.world.db().find_user(user).await.expect("it answers").expect("an account");
        let bound = self.world.db().identities_of(user).await.expect("it answers");
        let mut providers: Vec<_> = bound.into_iter().map(|identity| identity.provider).collect();
        providers.sort();
        let live = self.world.db().live_sessions(user, self.world.now()).await.expect("it answers").len();
        Look::new(row, providers.join(" "), live)
    }

    async fn both(&self) -> (Look, Look) {
        (self.look(self.kept).await, self.look(self.merged).await)
    }
}

/// What is compared of an account.
#[derive(Debug, PartialEq, Eq)]
struct Look {
    addresses: [Option<String>; 3],
    roles: String,
    status: String,
    active: bool,
    providers: String,
    sessions: usize,
}

impl Look {
    fn new(user: User, providers: String, sessions: usize) -> Self {
        let active = user.is_active();
        let roles = user.roles().join(" ");
        let addresses = [user.mobile, user.email, user.password_hash];
        Self { addresses, roles, status: user.status, active, providers, sessions }
    }
}

#[apply(both_backends)]
async fn nothing_is_lost_and_it_can_be_undone(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let pair = Pair::new(&world).await;
    let before = pair.both().await;
    let id = pair.merge().await;
    let (kept, merged) = pair.both().await;
    let everything = [Some("+8613800138000".into()), Some("Li@example.com".into()), Some("hash".into())];
    assert_eq!((kept.addresses, kept.roles.as_str()), (everything, "reader editor judge"));
    assert_eq!((kept.providers.as_str(), kept.sessions, kept.active), ("github qq", 1, true));
    assert_eq!((merged.addresses, merged.roles.as_str()), ([None, None, None], "editor judge"));
    assert_eq!((merged.providers.as_str(), merged.sessions), ("", 0));
    assert_eq!((merged.status.as_str(), merged.active), ("merged", false));
    let found =
        world.db().find_user_by_email("li@example.com").await.expect("it answers").expect("an account");
    assert_eq!(found.id, pair.kept, "the form that is compared went along");
    let mut sql = world.sql().await;
    assert_eq!(sql.count("sessions WHERE end_reason = 'merged'").await, 1);
    assert_eq!(sql.count("audit_events WHERE kind = 'accounts_merged'").await, 2);
    assert_eq!(sql.count("messages").await, 2);
    for user in [pair.kept, pair.merged] {
        let merges = world.db().find_merges(user).await.expect("it answers");
        assert_eq!(merges.len(), 1);
        assert_eq!(
            (merges[0].id, merges[0].kept_user_id, merges[0].merged_user_id),
            (id, pair.kept, pair.merged)
        );
    }
    world.advance(30 * DAYS - 1);
    let returned = ["mobile", "email", "password", "roles", "identity"].map(String::from).to_vec();
    assert_eq!(pair.undo(id).await, Undone::Done { returned, stayed: vec![] });
    let (kept, merged) = pair.both().await;
    assert_eq!(kept, Look { sessions: 0, ..before.0 });
    assert_eq!(merged, Look { sessions: 0, ..before.1 });
    assert_eq!(sql.count("sessions WHERE end_reason = 'unmerged'").await, 1);
    assert_eq!(sql.count("audit_events WHERE kind = 'accounts_unmerged'").await, 2);
    assert_eq!(sql.count("users WHERE delete_at IS NOT NULL").await, 0);
    assert_eq!(sql.count("messages").await, 3);
    assert_eq!(pair.undo(id).await, Undone::Closed, "once");
    let merge = world.db().find_merge(id).await.expect("it answers").expect("a merge");
    assert_eq!(merge.undone_at.map(|at| at.0), Some(world.now()));
    // They are two people's again, as far as we know: the end of one is not that of the other.
    sql.run("UPDATE users SET delete_at = created_at WHERE username = 'kept'").await;
    an_hour_passes(&world).await;
    assert_eq!(sql.count("users WHERE delete_at IS NULL").await, 1);
}

#[apply(both_backends)]
async fn what_the_kept_account_has_stays_where_it_is(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let pair = Pair::new(&world).await;
    let own = "UPDATE users SET mobile = '+8613900139000', email = 'own@example.com', email_key = 'own@example.com', \
               password_hash = 'own', roles = '[\"judge\",\"editor\"]' WHERE username = 'kept'";
    world.sql().await.run(own).await;
    let before = pair.both().await;
    let id = pair.merge().await;
    let (kept, merged) = pair.both().await;
    assert_eq!((&kept.addresses, &kept.roles), (&before.0.addresses, &before.0.roles));
    assert_eq!(merged.addresses, before.1.addresses);
    assert_eq!(pair.stayed(id).await, [""; 0]);
    let (kept, merged) = pair.both().await;
    assert_eq!((kept, merged), (Look { sessions: 0, ..before.0 }, Look { sessions: 0, ..before.1 }));
}

#[apply(both_backends)]
async fn what_changed_since_is_not_given_back(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let pair = Pair::new(&world).await;
    let id = pair.merge().await;
    let mut sql = world.sql().await;
    let change = "UPDATE users SET mobile = '+8613900139000', email = NULL, email_key = NULL, password_hash = 'new' \
                  WHERE username = 'kept'";
    sql.run(change).await;
    let event = world.rows().event(Happened::IdentityUnlinked, pair.kept);
    world.db().unlink_identity(pair.kept, "github", None, true, &event, None).await.expect("it answers");
    let stayed = ["mobile", "email", "password", "identity"].map(String::from).to_vec();
    assert_eq!(pair.undo(id).await, Undone::Done { returned: vec!["roles".into()], stayed });
    let (kept, merged) = pair.both().await;
    assert_eq!(kept.addresses, [Some("+8613900139000".into()), None, Some("new".into())]);
    assert_eq!((kept.roles.as_str(), kept.providers.as_str()), ("reader editor", "qq"));
    assert_eq!((merged.addresses, merged.providers.as_str(), merged.active), ([None, None, None], "", true));
}

#[apply(both_backends)]
async fn what_is_not_proven_is_not_merged(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (pair, proven, wrong) = (Pair::new(&world).await, password("hash"), password("another"));
    let qq = world.db().identities_of(pair.kept).await.expect("it answers")[0].id;
    let (by_qq, strange) = (Credential::Identity(qq), SessionId(uuid::Uuid::nil()));
    let lapsed = async |plan: NewMerge<'_>| {
        let before = pair.both().await;
        assert_eq!(pair.make(&plan).await.expect("it answers"), Merged::Lapsed);
        assert_eq!(pair.both().await, before);
    };
    lapsed(pair.plan(&wrong)).await;
    lapsed(pair.plan(&by_qq)).await;
    lapsed(NewMerge { kept_proven: Some(&wrong), ..pair.plan(&proven) }).await;
    lapsed(NewMerge { session: strange, ..pair.plan(&proven) }).await;
    lapsed(NewMerge { merged: pair.kept, merged_proven: &by_qq, ..pair.plan(&proven) }).await;
    let mut sql = world.sql().await;
    for (lose, regain) in [
        (
            "UPDATE users SET status = 'disabled' WHERE username = 'kept'",
            "UPDATE users SET status = 'active'",
        ),
        (
            "UPDATE users SET status = 'disabled' WHERE username = 'merged'",
            "UPDATE users SET status = 'active'",
        ),
    ] {
        sql.run(lose).await;
        lapsed(pair.plan(&proven)).await;
        sql.run(regain).await;
    }
    world.advance(3_600);
    lapsed(pair.plan(&proven)).await;
    world.advance(-3_600);
    // An entry that cannot be written takes everything back with it.
    let event = world.rows().event(Happened::AccountsMerged, pair.kept);
    let before = pair.both().await;
    let failed = world.db().merge_accounts(&pair.plan(&proven), &seal, &[event.clone(), event]).await;
    assert!(matches!(failed, Err(WriteError::Taken(_))), "{failed:?}");
    assert_eq!(pair.both().await, before);
    assert_eq!(sql.count("merges").await, 0);
    let plan = NewMerge { kept_proven: Some(&by_qq), ..pair.plan(&proven) };
    assert_eq!(pair.make(&plan).await.expect("it answers"), Merged::Done);
}

#[apply(both_backends)]
async fn two_people_of_one_provider_are_for_their_owner_to_settle(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (pair, proven) = (Pair::new(&world).await, password("hash"));
    let opened = world.rows().session(pair.merged);
    let second = world.rows().identity(pair.merged, "qq", "s3");
    assert!(world.db().bind_identity(&second, &proven, &opened, &[], None).await.expect("it answers"));
    let before = pair.both().await;
    assert_eq!(pair.make(&pair.plan(&proven)).await.expect("it answers"), Merged::Conflict("qq".into()));
    assert_eq!(pair.both().await, before);
}

#[apply(both_backends)]
async fn two_merges_crosswise_end_in_one(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (pair, proven) = (Pair::new(&world).await, password("hash"));
    let qq = Credential::Identity(world.db().identities_of(pair.kept).await.expect("it answers")[0].id);
    let session = world.db().all_sessions(pair.merged).await.expect("it answers")[0].id;
    let plan = pair.plan(&proven);
    let across =
        NewMerge { kept: pair.merged, merged: pair.kept, session, merged_proven: &qq, ..pair.plan(&proven) };
    let (one, other) = tokio::join!(pair.make(&plan), pair.make(&across));
    let mut outcomes = [one.expect("it answers"), other.expect("it answers")];
    outcomes.sort_by_key(|outcome| *outcome == Merged::Lapsed);
    assert_eq!(outcomes, [Merged::Done, Merged::Lapsed]);
    let mut sql = world.sql().await;
    assert_eq!((sql.count("merges").await, sql.count("users WHERE status = 'active'").await), (1, 1));
}

#[apply(both_backends)]
async fn merges_are_undone_in_the_order_they_were_made(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let pair = Pair::new(&world).await;
    let before = pair.both().await;
    let id = pair.merge().await;
    let third =
        world.rows().add(NewUser { password_hash: Some("3".into()), ..world.rows().user("third") }).await;
    let opened = world.rows().session(third);
    let event = world.rows().event(Happened::SignedIn, third);
    assert!(world.db().open_session(&opened, &password("3"), &event).await.expect("it answers"));
    let proven = password("hash");
    let onward = Pair { world: &world, kept: third, session: opened.id, merged: pair.kept };
    let plan = onward.plan(&proven);
    assert_eq!(onward.make(&plan).await.expect("it answers"), Merged::Done);
    assert_eq!(onward.look(third).await.providers, "github qq");
    assert_eq!(pair.undo(id).await, Undone::MergedSince);
    assert_eq!(onward.stayed(plan.id).await, [""; 0]);
    assert_eq!(pair.stayed(id).await, [""; 0]);
    let (kept, merged) = pair.both().await;
    assert_eq!((kept, merged), (Look { sessions: 0, ..before.0 }, Look { sessions: 0, ..before.1 }));
}

async fn an_hour_passes(world: &World) {
    let forever = std::time::Duration::from_secs(400 * 86_400);
    let settings = RetentionSettings { audit: forever, messages: forever, sessions: forever };
    upkeep::forget(world.db(), &world.clock, settings).await.expect("the store is there");
}

#[apply(both_backends)]
async fn when_it_cannot_be_undone_any_more_the_merged_account_is_erased(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let pair = Pair::new(&world).await;
    let id = pair.merge().await;
    let mut sql = world.sql().await;
    world.advance(30 * DAYS - 1);
    an_hour_passes(&world).await;
    assert_eq!(sql.count("users").await, 2);
    world.advance(1);
    assert_eq!(pair.undo(id).await, Undone::Closed);
    an_hour_passes(&world).await;
    assert_eq!((sql.count("users").await, sql.count("merges").await), (1, 0));
    assert_eq!(pair.look(pair.kept).await.providers, "github qq", "what was moved stays");
    assert_eq!(sql.count("audit_events WHERE kind = 'accounts_merged' AND user_id IS NULL").await, 1);
}

#[apply(both_backends)]
async fn an_account_is_not_erased_while_a_merge_into_it_can_be_undone(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let pair = Pair::new(&world).await;
    pair.merge().await;
    let mut sql = world.sql().await;
    sql.run("UPDATE users SET delete_at = created_at WHERE username = 'kept'").await;
    world.advance(30 * DAYS - 1);
    an_hour_passes(&world).await;
    assert_eq!(sql.count("users").await, 2, "a thief cannot make it final");
    world.advance(1);
    // The gateway beside us may be erasing one of them, so that we find the other too early.
    for _ in 0..100 {
        an_hour_passes(&world).await;
        if sql.count("users").await == 0 {
            break;
        }
    }
    for table in ["users", "merges", "identities", "sessions"] {
        assert_eq!(sql.count(table).await, 0, "{table}");
    }
}

#[apply(both_backends)]
async fn nobody_uses_a_merged_account(#[case] backend: Backend) {
    const REFRESH: &str = "mutation { refreshSession { __typename } }";
    let Some(world) = World::start(backend).await else { return };
    let kept = world.person("+8613800138000", "lilei").await;
    let merged = world.person("+8613900139000", "hanmei").await;
    let id = |text: &str| UserId::parse(text).expect("an id");
    let session = world.db().all_sessions(id(&kept.id)).await.expect("it answers")[0].id;
    let row = world.db().find_user(id(&merged.id)).await.expect("it answers").expect("an account");
    let proven = Credential::Mobile(row.mobile.clone().expect("a number"));
    let pair = Pair { world: &world, kept: id(&kept.id), session, merged: row.id };
    let plan = pair.plan(&proven);
    assert_eq!(pair.make(&plan).await.expect("it answers"), Merged::Done);

    assert_eq!(merged.at_work(&world).me().await, Value::Null);
    let refreshed = merged.browser.post(REFRESH, json!({})).await.data("refreshSession");
    assert_ne!(kind(&refreshed), "SignedIn", "{refreshed}");
    assert_eq!(kind(&world.browser().login("hanmei", PASSWORD).await), "AccountDisabled");
    world.advance(60);
    let code = world.sms_code("+8613900139000", "LOGIN").await;
    let by_code = world.browser().login_with_code(mobile_proof("+8613900139000", &code)).await;
    assert_eq!(kind(&by_code), "AccountDisabled", "{by_code}");
    let free = "{ usernameAvailable(username: \"hanmei\") mobileAvailable(mobile: \"+8613900139000\") }";
    let free = world.browser().post(free, json!({})).await;
    assert_eq!((free.data("usernameAvailable"), free.data("mobileAvailable")), (json!(false), json!(false)));
    let restored = world.administration().restore_account(row.id).await;
    assert_eq!(restored, Ok(false), "only undoing the merge restores the account");

    assert_eq!(world.operator(&["users", "show", "hanmei", "--json"]).await.json()["status"], "merged");
    let listed = world.operator(&["users", "list", "--status", "merged", "--json"]).await.json();
    assert_eq!((listed.as_array().map(Vec::len), &listed[0]["id"]), (Some(1), &json!(merged.id)));
    for command in ["enable", "disable"] {
        let refused = world.operator(&["users", command, "hanmei"]).await;
        assert!(refused.code != 0 && refused.err.contains("merged"), "{refused:?}");
        let status = if command == "enable" { "active" } else { "disabled" };
        let event = world.rows().event(Happened::UserEnabled, row.id);
        let set = world.db().set_status(row.id, status, world.now(), &event).await.expect("it answers");
        assert_eq!(set, None);
    }
    assert_eq!(pair.stayed(plan.id).await, [""; 0]);
    assert_eq!(kind(&world.browser().login("hanmei", PASSWORD).await), "SignedIn");
    assert_eq!(kind(&world.browser().login("lilei", PASSWORD).await), "SignedIn");
}
