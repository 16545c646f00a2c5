//! `exportMyData` and `me { activity }`: the stored data and the recent events of an account.

use menjin::audit::Kind;
use menjin::core::ids::UserId;
use menjin::db::identities::NewIdentity;
use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::{Backend, PASSWORD, Reply, World, both_backends, kind};

const MOBILE: &str = "+8613800138000";
const EXPORT: &str =
    "mutation { exportMyData { __typename ... on MyData { json } ... on Problem { code } } }";
const ACTIVITY: &str = "{ me { activity { kind at ip device } } }";

async fn export(browser: &Browser) -> Reply {
    browser.post(EXPORT, json!({})).await
}

async fn activity(browser: &Browser) -> Vec<Value> {
    let me = browser.post(ACTIVITY, json!({})).await.data("me");
    me["activity"].as_array().expect("entries").clone()
}

#[apply(both_backends)]
async fn the_export_contains_all_data_and_no_secret(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    world.advance(5);
    world.browser().login("lilei", PASSWORD).await;
    world.advance(5);
    let outcome = export(&person.new_browser(&world)).await.data("exportMyData");
    let text = outcome["json"].as_str().unwrap_or_else(|| panic!("{outcome}"));
    let data: Value = serde_json::from_str(text).expect("JSON");
    let account = &data["account"];
    assert_eq!((&account["id"], &account["mobile"]), (&json!(person.id), &json!(MOBILE)));
    assert_eq!((&account["username"], &account["hasPassword"]), (&json!("lilei"), &json!(true)));
    assert_eq!(account["createdAt"], "2026-03-01T08:00:00Z");
    assert_eq!(data["sessions"].as_array().map(Vec::len), Some(2));
    assert_eq!(data["sessions"][0]["method"], "password", "newest first");
    let kinds: Vec<_> =
        data["activity"].as_array().expect("entries").iter().map(|entry| entry["kind"].clone()).collect();
    assert_eq!(kinds, ["data_exported", "signed_in", "registered"]);
    for secret in ["argon2", "salt", "digest", PASSWORD] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[apply(both_backends)]
async fn the_export_contains_identities_and_merges(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (person, other) =
        (world.person(MOBILE, "lilei").await, world.person("+8613900139000", "hanmei").await);
    let (db, rows) = (world.db(), world.rows());
    let user = UserId::parse(&other.id).expect("an id");
    let session = db.active_sessions(user, world.now()).await.expect("a result")[0].id;
    let qq = NewIdentity {
        union_id: Some("u1".into()),
        email: Some("qq@example.com".into()),
        tokens: Some(b"sesame".to_vec()),
        ..rows.identity(user, "qq", "s1")
    };
    db.link_identity(&qq, session, &rows.event(Kind::IdentityLinked, user), None).await.expect("an identity");
    let input = json!({ "account": { "password": { "account": "hanmei", "password": PASSWORD } } });
    let merged = person.new_browser(&world).mutate("mergeAccount", input).await.data("mergeAccount");
    assert_eq!(kind(&merged), "AccountsMerged", "{merged}");
    let outcome = export(&person.new_browser(&world)).await.data("exportMyData");
    let text = outcome["json"].as_str().expect("a text");
    let data: Value = serde_json::from_str(text).expect("JSON");
    let moment = "2026-03-01T08:00:00Z";
    let identity = json!({
        "provider": "qq", "subject": "s1", "unionId": "u1", "nickname": "before", "avatarUrl": null,
        "email": "qq@example.com", "linkedAt": moment, "lastUsedAt": moment,
    });
    assert_eq!(data["identities"], json!([identity]));
    let merge = json!({
        "id": merged["mergeId"], "keptAccount": person.id, "mergedAccount": other.id, "at": moment,
        "undoUntil": "2026-03-31T08:00:00Z", "undoneAt": null,
    });
    assert_eq!(data["merges"], json!([merge]));
    // The tokens as text, as numbers and in base64.
    for secret in ["sesame", "115,", "c2VzYW1l", "tokens"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[apply(both_backends)]
async fn the_export_contains_no_data_of_others(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let other = world.person("+8613900139000", "hanmei").await;
    let outcome = export(&person.new_browser(&world)).await.data("exportMyData");
    let text = outcome["json"].as_str().expect("a text");
    assert!(!text.contains(&other.id) && !text.contains("hanmei") && !text.contains("13900139000"), "{text}");
}

#[apply(both_backends)]
async fn the_activity_lists_event_time_address_and_device(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    world.advance(60);
    world.browser_at("203.0.113.9").login("lilei", "not the password").await;
    let browser = person.new_browser(&world);
    let entries = activity(&browser).await;
    assert_eq!(entries.len(), 2, "{entries:?}");
    let failed = json!({
        "kind": "sign_in_failed", "at": "2026-03-01T08:01:00+00:00", "ip": "203.0.113.9", "device": "menjin-tests",
    });
    assert_eq!((&entries[0], &entries[1]["kind"]), (&failed, &json!("registered")));
    let other = world.person("+8613900139000", "hanmei").await;
    assert_eq!(activity(&other.new_browser(&world)).await.len(), 1, "each user sees only their own events");
}

#[apply(both_backends)]
async fn the_activity_lists_the_latest_fifty_events(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_LIMITS_ACCOUNT_CHANGES", "100/1d")]).await else {
        return;
    };
    let person = world.person(MOBILE, "lilei").await;
    let browser = person.new_browser(&world);
    for _ in 0..52 {
        export(&browser).await.data("exportMyData");
    }
    let entries = activity(&browser).await;
    assert_eq!(entries.len(), 50);
    assert_eq!(entries[49]["kind"], "data_exported");
}

#[apply(both_backends)]
async fn exports_are_limited_per_account(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_LIMITS_ACCOUNT_CHANGES", "2/1d")]).await else {
        return;
    };
    let person = world.person(MOBILE, "lilei").await;
    for expected in ["MyData", "MyData", "RateLimited"] {
        assert_eq!(kind(&export(&person.new_browser(&world)).await.data("exportMyData")), expected);
    }
}

#[apply(both_backends)]
async fn anonymous_callers_are_refused(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    assert_eq!(export(&world.browser()).await.error_code(), "UNAUTHENTICATED");
}
