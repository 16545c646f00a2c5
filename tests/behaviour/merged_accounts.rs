//! An account that was merged into another one.

use menjin::audit::Kind as Happened;
use menjin::core::ids::UserId;
use menjin::db::changes::StatusChange;
use menjin::db::merges::Merged;
use menjin::db::models::Credential;
use menjin::db::types::AccountStatus;
use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::merges::Pair;
use crate::support::browser::mobile_with_code;
use crate::support::{Backend, PASSWORD, World, both_backends, kind};

#[apply(both_backends)]
async fn a_merged_account_cannot_be_used(#[case] backend: Backend) {
    const REFRESH: &str = "mutation { refreshSession { __typename } }";
    let Some(world) = World::start(backend).await else { return };
    let kept = world.person("+8613800138000", "lilei").await;
    let merged = world.person("+8613900139000", "hanmei").await;
    let id = |text: &str| UserId::parse(text).expect("an id");
    let session = world.db().all_sessions(id(&kept.id)).await.expect("a result")[0].id;
    let row = world.db().find_user(id(&merged.id)).await.expect("a result").expect("an account");
    let proven = Credential::Mobile(row.mobile.clone().expect("a number"));
    let pair = Pair { world: &world, kept: id(&kept.id), session, merged: row.id };
    let plan = pair.plan(&proven);
    assert_eq!(pair.make(&plan).await.expect("a result"), Merged::Done);

    assert_eq!(merged.new_browser(&world).me().await, Value::Null);
    let refreshed = merged.browser.post(REFRESH, json!({})).await.data("refreshSession");
    assert_ne!(kind(&refreshed), "SignedIn", "{refreshed}");
    assert_eq!(kind(&world.browser().login("hanmei", PASSWORD).await), "AccountDisabled");
    world.advance(60);
    let code = world.sms_code("+8613900139000", "LOGIN").await;
    let by_code = world.browser().login_with_code(mobile_with_code("+8613900139000", &code)).await;
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
        let status = if command == "enable" { AccountStatus::Active } else { AccountStatus::Disabled };
        let event = world.rows().event(Happened::UserEnabled, row.id);
        let set = world.db().set_status(row.id, status, world.now(), &event).await.expect("a result");
        assert_eq!(set, StatusChange::Unchanged);
    }
    assert_eq!(pair.undo_completely(plan.id).await, [""; 0]);
    assert_eq!(kind(&world.browser().login("hanmei", PASSWORD).await), "SignedIn");
    assert_eq!(kind(&world.browser().login("lilei", PASSWORD).await), "SignedIn");
}
