//! `menjin users merges` and `menjin users unmerge`: the operator lists merges and undoes them.

use menjin::core::clock::Clock;
use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::merge_account::{DAY, EMAIL, MOBILE, by_password, merge, pair};
use crate::support::{Backend, PASSWORD, World, both_backends, kind};

/// Returns the time so many days ago: commands use the real time.
fn days_ago(world: &World, days: i64) {
    let real = Clock::system().now();
    world.advance((real - world.now()).num_seconds() - days * DAY);
}

#[apply(both_backends)]
async fn an_operator_can_undo_a_merge(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    days_ago(&world, 29);
    let (kept, merged) = pair(&world).await;
    let outcome = merge(&kept.new_browser(&world), by_password("hanmei")).await;
    let id = outcome["mergeId"].as_str().expect("an id");
    for who in [EMAIL, "hanmei"] {
        let listed = world.operator(&["users", "merges", who, "--json"]).await.json();
        assert_eq!((&listed[0]["id"], &listed[0]["state"]), (&json!(id), &json!("open")), "{listed}");
        assert_eq!(
            (&listed[0]["keptUserId"], &listed[0]["mergedUserId"]),
            (&json!(kept.id), &json!(merged.id))
        );
    }
    let undone = world.operator(&["users", "unmerge", id, "--json"]).await.json();
    assert_eq!(
        (&undone["givenBack"], &undone["stayed"]),
        (&json!(["mobile", "identity"]), &json!([])),
        "{undone}"
    );
    assert_eq!(kept.new_browser(&world).me().await, Value::Null, "all sessions are revoked");
    for (account, person, address) in [(EMAIL, &kept, EMAIL), ("hanmei", &merged, MOBILE)] {
        let user = &world.browser().login(account, PASSWORD).await["user"];
        assert_eq!(user["id"], *person.id);
        assert!(user["email"] == address || user["mobile"] == address, "{user}");
    }
    let mut sql = world.sql().await;
    assert_eq!(sql.count("audit_events WHERE kind = 'accounts_unmerged'").await, 2);
    assert_eq!(
        sql.count("messages WHERE kind = 'notice.accounts_unmerged'").await,
        2,
        "every contact is notified"
    );
    let again = world.operator(&["users", "unmerge", id]).await;
    assert!(again.code == 1 && again.err.contains("already undone"), "{again:?}");
    assert!(world.operator(&["users", "merges", "hanmei"]).await.text().contains("undone"));
    // They can be merged again.
    let kept = world.browser().login(EMAIL, PASSWORD).await;
    let kept = world.browser().with_token(kept["accessToken"].as_str().expect("a token"));
    assert_eq!(kind(&merge(&kept, by_password("hanmei")).await), "AccountsMerged");
}

#[apply(both_backends)]
async fn undoing_reports_what_is_not_given_back_and_why(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    days_ago(&world, 0);
    let (kept, _) = pair(&world).await;
    let outcome = merge(&kept.new_browser(&world), by_password("hanmei")).await;
    let id = outcome["mergeId"].as_str().expect("an id");
    world.sql().await.run("DELETE FROM identities WHERE subject = 's2'").await;
    let undone = world.operator(&["users", "unmerge", id]).await;
    let text = undone.text();
    assert!(text.contains("returned: mobile\n"), "{text}");
    assert!(text.contains("not returned: identity: it was unlinked later"), "{text}");
    let bad = world.operator(&["users", "unmerge", "x"]).await;
    assert!(bad.code == 1 && bad.err.contains("the id of a merge"), "{bad:?}");
}

#[apply(both_backends)]
async fn a_merge_cannot_be_undone_after_thirty_days(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    days_ago(&world, 31);
    let (kept, _) = pair(&world).await;
    let outcome = merge(&kept.new_browser(&world), by_password("hanmei")).await;
    let id = outcome["mergeId"].as_str().expect("an id");
    let refused = world.operator(&["users", "unmerge", id]).await;
    assert!(refused.code == 1 && refused.err.contains("can no longer be undone"), "{refused:?}");
    let listed = world.operator(&["users", "merges", EMAIL, "--json"]).await.json();
    assert_eq!(listed[0]["state"], "over");
    assert_eq!(kept.new_browser(&world).me().await["mobile"], MOBILE);
}
