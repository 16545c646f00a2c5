//! Merging two accounts in the database, and undoing it.

use chrono::TimeDelta;
use menjin::audit::Kind as Happened;
use menjin::config::retention::RetentionSettings;
use menjin::core::identifier::LoginIdentifier;
use menjin::core::ids::{MergeId, SessionId, UserId};
use menjin::core::random::Random;
use menjin::core::roles::Roles;
use menjin::db::changes::Stale;
use menjin::db::merges::{Merged, NewMerge, Undone};
use menjin::db::models::{Credential, NewUser, User};
use menjin::db::types::AccountStatus;
use menjin::db::{WriteError, upkeep};
use rstest_reuse::apply;

use crate::support::{Backend, World, both_backends};

const DAYS: i64 = 86_400;

/// Stands in for encryption.
fn seal(text: &str) -> Vec<u8> {
    text.bytes().rev().collect()
}

fn unseal(bytes: &[u8]) -> Result<String, String> {
    String::from_utf8(bytes.iter().rev().copied().collect()).map_err(|error| error.to_string())
}

fn password(hash: &str) -> Credential {
    Credential::Password(hash.into())
}

/// Two accounts of one person. `kept` has a QQ identity and roles; `merged` has everything that an account can have.
pub struct Pair<'a> {
    pub world: &'a World,
    pub kept: UserId,
    pub session: SessionId,
    pub merged: UserId,
}

impl<'a> Pair<'a> {
    async fn new(world: &'a World) -> Self {
        let (db, rows) = (world.db(), world.rows());
        let first =
            NewUser { roles: Roles::parse(["reader", "editor"]).expect("roles"), ..rows.user("kept") };
        let qq = rows.identity(first.id, "qq", "s1");
        let opened = rows.session(first.id);
        db.create_user_with_identity(&first, &qq, &opened, &[]).await.expect("an account");
        let second = NewUser {
            mobile: Some("+8613800138000".into()),
            email: Some("Li@example.com".into()),
            email_key: Some("li@example.com".into()),
            password_hash: Some("hash".into()),
            roles: Roles::parse(["editor", "judge"]).expect("roles"),
            ..rows.user("merged")
        };
        let github = rows.identity(second.id, "github", "s2");
        db.create_user_with_identity(&second, &github, &rows.session(second.id), &[])
            .await
            .expect("an account");
        Self { world, kept: first.id, session: opened.id, merged: second.id }
    }

    pub fn plan<'p>(&self, proven: &'p Credential) -> NewMerge<'p> {
        NewMerge {
            id: MergeId::new(&self.world.clock, &Random::system()),
            kept: self.kept,
            merged: self.merged,
            session: self.session,
            kept_credential: None,
            merged_credential: proven,
            at: self.world.now(),
            undo_until: self.world.now() + TimeDelta::days(30),
            notices: &[],
        }
    }

    pub async fn make(&self, plan: &NewMerge<'_>) -> Result<Merged, WriteError> {
        let rows = self.world.rows();
        let events = [plan.kept, plan.merged].map(|user| rows.event(Happened::AccountsMerged, user));
        self.world.db().merge_accounts(plan, &seal, &events).await
    }

    /// Merges the accounts with valid authorization.
    async fn merge(&self) -> MergeId {
        let (proven, notices) = (password("hash"), [self.world.rows().notice(), self.world.rows().notice()]);
        let plan = NewMerge { notices: &notices, ..self.plan(&proven) };
        assert_eq!(self.make(&plan).await.expect("a result"), Merged::Done);
        plan.id
    }

    async fn undo(&self, id: MergeId) -> Undone {
        let rows = self.world.rows();
        let events = [self.kept, self.merged].map(|user| rows.event(Happened::AccountsUnmerged, user));
        let notices = [rows.notice()];
        let undone = self.world.db().undo_merge(id, self.world.now(), &unseal, &events, &notices).await;
        undone.expect("a result")
    }

    /// Undoes a merge, and returns what was not given back.
    pub async fn undo_completely(&self, id: MergeId) -> Vec<String> {
        let Undone::Done { stayed, .. } = self.undo(id).await else { panic!("the merge cannot be undone") };
        stayed
    }

    async fn snapshot(&self, user: UserId) -> Snapshot {
        let row = self.world.db().find_user(user).await.expect("a result").expect("an account");
        let bound = self.world.db().identities_of(user).await.expect("a result");
        let mut providers: Vec<_> = bound.into_iter().map(|identity| identity.provider).collect();
        providers.sort();
        let live = self.world.db().active_sessions(user, self.world.now()).await.expect("a result").len();
        Snapshot::new(row, providers.join(" "), live)
    }

    async fn snapshots(&self) -> (Snapshot, Snapshot) {
        (self.snapshot(self.kept).await, self.snapshot(self.merged).await)
    }
}

/// The parts of an account that the tests compare.
#[derive(Debug, PartialEq, Eq)]
struct Snapshot {
    addresses: [Option<String>; 3],
    roles: String,
    status: AccountStatus,
    active: bool,
    providers: String,
    sessions: usize,
}

impl Snapshot {
    fn new(user: User, providers: String, sessions: usize) -> Self {
        let active = user.is_active();
        let roles = user.roles.as_slice().join(" ");
        let addresses = [user.mobile, user.email, user.password_hash];
        Self { addresses, roles, status: user.status, active, providers, sessions }
    }
}

#[apply(both_backends)]
async fn a_merge_moves_everything_and_can_be_undone(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let pair = Pair::new(&world).await;
    let before = pair.snapshots().await;
    let id = pair.merge().await;
    let (kept, merged) = pair.snapshots().await;
    let everything = [Some("+8613800138000".into()), Some("Li@example.com".into()), Some("hash".into())];
    assert_eq!((kept.addresses, kept.roles.as_str()), (everything, "reader editor judge"));
    assert_eq!((kept.providers.as_str(), kept.sessions, kept.active), ("github qq", 1, true));
    assert_eq!((merged.addresses, merged.roles.as_str()), ([None, None, None], "editor judge"));
    assert_eq!((merged.providers.as_str(), merged.sessions), ("", 0));
    assert_eq!((merged.status, merged.active), (AccountStatus::Merged, false));
    let found = world
        .db()
        .find_user_by_identifier(&LoginIdentifier::Email("li@example.com".into()))
        .await
        .expect("a result")
        .expect("an account");
    assert_eq!(found.id, pair.kept, "the normalized address is moved, too");
    let mut sql = world.sql().await;
    assert_eq!(sql.count("sessions WHERE end_reason = 'merged'").await, 1);
    assert_eq!(sql.count("audit_events WHERE kind = 'accounts_merged'").await, 2);
    assert_eq!(sql.count("messages").await, 2);
    for user in [pair.kept, pair.merged] {
        let merges = world.db().find_merges(user).await.expect("a result");
        assert_eq!(merges.len(), 1);
        assert_eq!(
            (merges[0].id, merges[0].kept_user_id, merges[0].merged_user_id),
            (id, pair.kept, pair.merged)
        );
    }
    world.advance(30 * DAYS - 1);
    let returned = ["mobile", "email", "password", "roles", "identity"].map(String::from).to_vec();
    assert_eq!(pair.undo(id).await, Undone::Done { returned, stayed: vec![] });
    let (kept, merged) = pair.snapshots().await;
    assert_eq!(kept, Snapshot { sessions: 0, ..before.0 });
    assert_eq!(merged, Snapshot { sessions: 0, ..before.1 });
    assert_eq!(sql.count("sessions WHERE end_reason = 'unmerged'").await, 1);
    assert_eq!(sql.count("audit_events WHERE kind = 'accounts_unmerged'").await, 2);
    assert_eq!(sql.count("users WHERE delete_at IS NOT NULL").await, 0);
    assert_eq!(sql.count("messages").await, 3);
    assert_eq!(pair.undo(id).await, Undone::NotPossible, "once");
    let merge = world.db().find_merge(id).await.expect("a result").expect("a merge");
    assert_eq!(merge.undone_at.map(|at| at.0), Some(world.now()));
    // The accounts are independent again: purging one does not purge the other.
    sql.run("UPDATE users SET delete_at = created_at WHERE username = 'kept'").await;
    run_upkeep(&world).await;
    assert_eq!(sql.count("users WHERE delete_at IS NULL").await, 1);
}

#[apply(both_backends)]
async fn values_of_the_kept_account_are_not_overwritten(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let pair = Pair::new(&world).await;
    let own = "UPDATE users SET mobile = '+8613900139000', email = 'own@example.com', email_key = 'own@example.com', \
               password_hash = 'own', roles = '[\"judge\",\"editor\"]' WHERE username = 'kept'";
    world.sql().await.run(own).await;
    let before = pair.snapshots().await;
    let id = pair.merge().await;
    let (kept, merged) = pair.snapshots().await;
    assert_eq!((&kept.addresses, &kept.roles), (&before.0.addresses, &before.0.roles));
    assert_eq!(merged.addresses, before.1.addresses);
    assert_eq!(pair.undo_completely(id).await, [""; 0]);
    let (kept, merged) = pair.snapshots().await;
    assert_eq!((kept, merged), (Snapshot { sessions: 0, ..before.0 }, Snapshot { sessions: 0, ..before.1 }));
}

#[apply(both_backends)]
async fn values_that_changed_since_are_not_given_back(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let pair = Pair::new(&world).await;
    let id = pair.merge().await;
    let mut sql = world.sql().await;
    let change = "UPDATE users SET mobile = '+8613900139000', email = NULL, email_key = NULL, password_hash = 'new' \
                  WHERE username = 'kept'";
    sql.run(change).await;
    let event = world.rows().event(Happened::IdentityUnlinked, pair.kept);
    world.db().unlink_identity(pair.kept, "github", pair.session, &event, None).await.expect("a result");
    let stayed = ["mobile", "email", "password", "identity"].map(String::from).to_vec();
    assert_eq!(pair.undo(id).await, Undone::Done { returned: vec!["roles".into()], stayed });
    let (kept, merged) = pair.snapshots().await;
    assert_eq!(kept.addresses, [Some("+8613900139000".into()), None, Some("new".into())]);
    assert_eq!((kept.roles.as_str(), kept.providers.as_str()), ("reader editor", "qq"));
    assert_eq!((merged.addresses, merged.providers.as_str(), merged.active), ([None, None, None], "", true));
}

#[apply(both_backends)]
async fn a_merge_needs_valid_authorization(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (pair, proven, wrong) = (Pair::new(&world).await, password("hash"), password("another"));
    let qq = world.db().identities_of(pair.kept).await.expect("a result")[0].id;
    let (by_qq, foreign) = (Credential::Identity(qq), SessionId(uuid::Uuid::nil()));
    let refused = async |plan: NewMerge<'_>, stale| {
        let before = pair.snapshots().await;
        assert_eq!(pair.make(&plan).await, Err(WriteError::Stale(stale)));
        assert_eq!(pair.snapshots().await, before);
    };
    let (inactive, changed) = (Stale::Inactive, Stale::Credential);
    refused(pair.plan(&wrong), changed).await;
    refused(pair.plan(&by_qq), changed).await;
    refused(NewMerge { kept_credential: Some(&wrong), ..pair.plan(&proven) }, changed).await;
    refused(NewMerge { session: foreign, ..pair.plan(&proven) }, inactive).await;
    refused(NewMerge { merged: pair.kept, merged_credential: &by_qq, ..pair.plan(&proven) }, inactive).await;
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
        refused(pair.plan(&proven), inactive).await;
        sql.run(regain).await;
    }
    world.advance(3_600);
    refused(pair.plan(&proven), inactive).await;
    world.advance(-3_600);
    // If an audit entry cannot be written, everything is rolled back.
    let event = world.rows().event(Happened::AccountsMerged, pair.kept);
    let before = pair.snapshots().await;
    let failed = world.db().merge_accounts(&pair.plan(&proven), &seal, &[event.clone(), event]).await;
    assert!(matches!(failed, Err(WriteError::Taken(_))), "{failed:?}");
    assert_eq!(pair.snapshots().await, before);
    assert_eq!(sql.count("merges").await, 0);
    let plan = NewMerge { kept_credential: Some(&by_qq), ..pair.plan(&proven) };
    assert_eq!(pair.make(&plan).await.expect("a result"), Merged::Done);
}

#[apply(both_backends)]
async fn two_identities_of_one_provider_are_a_conflict(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (pair, proven) = (Pair::new(&world).await, password("hash"));
    let opened = world.rows().session(pair.merged);
    let second = world.rows().identity(pair.merged, "qq", "s3");
    world.db().bind_identity(&second, &proven, &opened, &[], None).await.expect("an identity");
    let before = pair.snapshots().await;
    assert_eq!(pair.make(&pair.plan(&proven)).await.expect("a result"), Merged::Conflict("qq".into()));
    assert_eq!(pair.snapshots().await, before);
}

#[apply(both_backends)]
async fn two_opposite_merges_leave_one_account(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (pair, proven) = (Pair::new(&world).await, password("hash"));
    let qq = Credential::Identity(world.db().identities_of(pair.kept).await.expect("a result")[0].id);
    let session = world.db().all_sessions(pair.merged).await.expect("a result")[0].id;
    let plan = pair.plan(&proven);
    let across = NewMerge {
        kept: pair.merged,
        merged: pair.kept,
        session,
        merged_credential: &qq,
        ..pair.plan(&proven)
    };
    let (one, other) = tokio::join!(pair.make(&plan), pair.make(&across));
    let mut outcomes = [one, other];
    outcomes.sort_by_key(Result::is_err);
    assert_eq!(outcomes, [Ok(Merged::Done), Err(WriteError::Stale(Stale::Inactive))]);
    let mut sql = world.sql().await;
    assert_eq!((sql.count("merges").await, sql.count("users WHERE status = 'active'").await), (1, 1));
}

#[apply(both_backends)]
async fn merges_are_undone_in_reverse_order(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let pair = Pair::new(&world).await;
    let before = pair.snapshots().await;
    let id = pair.merge().await;
    let third =
        world.rows().add(NewUser { password_hash: Some("3".into()), ..world.rows().user("third") }).await;
    let opened = world.rows().session(third);
    let event = world.rows().event(Happened::SignedIn, third);
    world.db().open_session(&opened, &password("3"), &event).await.expect("a session");
    let proven = password("hash");
    let onward = Pair { world: &world, kept: third, session: opened.id, merged: pair.kept };
    let plan = onward.plan(&proven);
    assert_eq!(onward.make(&plan).await.expect("a result"), Merged::Done);
    assert_eq!(onward.snapshot(third).await.providers, "github qq");
    assert_eq!(pair.undo(id).await, Undone::MergedSince);
    assert_eq!(onward.undo_completely(plan.id).await, [""; 0]);
    assert_eq!(pair.undo_completely(id).await, [""; 0]);
    let (kept, merged) = pair.snapshots().await;
    assert_eq!((kept, merged), (Snapshot { sessions: 0, ..before.0 }, Snapshot { sessions: 0, ..before.1 }));
}

async fn run_upkeep(world: &World) {
    let forever = std::time::Duration::from_secs(400 * 86_400);
    let settings = RetentionSettings { audit: forever, messages: forever, sessions: forever };
    upkeep::purge(world.db(), &world.clock, settings, &[]).await.expect("the store is available");
}

#[apply(both_backends)]
async fn the_merged_account_is_purged_once_the_merge_is_final(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let pair = Pair::new(&world).await;
    let id = pair.merge().await;
    let mut sql = world.sql().await;
    world.advance(30 * DAYS - 1);
    run_upkeep(&world).await;
    assert_eq!(sql.count("users").await, 2);
    world.advance(1);
    assert_eq!(pair.undo(id).await, Undone::NotPossible);
    run_upkeep(&world).await;
    assert_eq!((sql.count("users").await, sql.count("merges").await), (1, 0));
    assert_eq!(
        pair.snapshot(pair.kept).await.providers,
        "github qq",
        "what was moved stays with the kept account"
    );
    assert_eq!(sql.count("audit_events WHERE kind = 'accounts_merged' AND user_id IS NULL").await, 1);
}

#[apply(both_backends)]
async fn an_account_is_not_purged_while_a_merge_into_it_can_be_undone(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let pair = Pair::new(&world).await;
    pair.merge().await;
    let mut sql = world.sql().await;
    sql.run("UPDATE users SET delete_at = created_at WHERE username = 'kept'").await;
    world.advance(30 * DAYS - 1);
    run_upkeep(&world).await;
    assert_eq!(
        sql.count("users").await,
        2,
        "a thief who deletes the kept account does not make the merge final"
    );
    world.advance(1);
    // The running gateway purges accounts, too, so that one run may see only one of the two.
    for _ in 0..100 {
        run_upkeep(&world).await;
        if sql.count("users").await == 0 {
            break;
        }
    }
    for table in ["users", "merges", "identities", "sessions"] {
        assert_eq!(sql.count(table).await, 0, "{table}");
    }
}
