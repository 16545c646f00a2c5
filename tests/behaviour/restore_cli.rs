//! `menjin restore`, and how the operator sees accounts that their owners have deleted.

use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::{Backend, PASSWORD, World, both_backends, kind, timestamp};

const MOBILE: &str = "+8613800138000";

#[apply(both_backends)]
async fn a_deleted_account_is_listed_and_can_be_restored_by_any_identifier(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    world.person("+8613900139000", "hanmei").await;
    let outcome = person.new_browser(&world).mutate("deleteAccount", json!({})).await.data("deleteAccount");
    assert_eq!(kind(&outcome), "DeletionScheduled", "{outcome}");
    let shown = world.operator(&["users", "show", "lilei", "--json"]).await.json();
    assert_eq!(shown["status"], "deleted", "{shown}");
    assert_eq!(timestamp(&shown, "deleteAt"), timestamp(&outcome, "erasedAt"));
    let table = world.operator(&["users", "show", "lilei"]).await;
    assert!(table.text().contains("status    deleted, purged after 2026-03-08 08:00:00Z"), "{table:?}");
    let names = async |status: &str| -> Vec<String> {
        let users = world.operator(&["users", "list", "--json", "--status", status]).await.json();
        let users = users.as_array().expect("an array").iter();
        users.map(|user| user["username"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(
        (names("deleted").await, names("active").await),
        (vec!["lilei".to_owned()], vec!["hanmei".to_owned()])
    );
    let list = world.operator(&["users", "list"]).await;
    assert!(list.text().contains("deleted, purged after 2026-03-08"), "{list:?}");
    let enabled = world.operator(&["users", "enable", "lilei"]).await;
    assert!(enabled.code == 1 && enabled.err.contains("`menjin restore lilei`"), "{enabled:?}");
    // Accounts are found by other identifiers than the id, too. The reason why one cannot be restored is reported.
    let unknown = world.operator(&["restore", "nobody"]).await;
    assert!(unknown.code == 1 && unknown.err.contains("no such account"), "{unknown:?}");
    let well = world.operator(&["restore", "hanmei"]).await;
    assert_eq!((well.code, well.err.as_str()), (1, "menjin: hanmei is not deleted\n"));
    let done = world.operator(&["restore", "13800138000"]).await;
    assert_eq!(done.text(), "lilei is restored; its owner has to sign in again\n");
    assert_eq!(kind(&world.browser().login("lilei", PASSWORD).await), "SignedIn");
    let shown = world.operator(&["users", "show", "lilei", "--json"]).await.json();
    assert_eq!((&shown["status"], &shown["deleteAt"]), (&json!("active"), &Value::Null));
}

#[apply(both_backends)]
async fn a_restored_account_that_was_disabled_stays_disabled(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    person.new_browser(&world).mutate("deleteAccount", json!({})).await.data("deleteAccount");
    world.operator(&["users", "disable", "lilei"]).await.text();
    let done = world.operator(&["restore", &person.id]).await;
    assert!(done.text().contains("still disabled"), "{done:?}");
    assert_eq!(kind(&world.browser().login("lilei", PASSWORD).await), "AccountDisabled");
}
