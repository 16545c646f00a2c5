//! `mergeAccount`: merges another account of the same person into the account of the caller.

use rstest_reuse::apply;
use std::collections::BTreeMap;

use futures_util::future::join_all;
use menjin::audit::Kind as Happened;
use menjin::core::ids::{SessionId, UserId};
use serde_json::{Value, json};

use crate::support::browser::{mobile_with_code, wrong_code};
use crate::support::proxy::ProxyState;
use crate::support::{
    Backend, Browser, PASSWORD, Person, Reply, World, both_backends, invalid_fields, kind, timestamp,
};

pub const MOBILE: &str = "+8613800138000";
pub const EMAIL: &str = "li@example.com";
pub const DAY: i64 = 86_400;
const ME: &str = "{ me { id mobile email identities { provider } activity { kind } } }";

pub async fn merge(browser: &Browser, input: Value) -> Value {
    browser.mutate("mergeAccount", input).await.data("mergeAccount")
}

pub fn by_password(account: &str) -> Value {
    json!({ "account": { "password": { "account": account, "password": PASSWORD } } })
}

fn by_code(code: &str) -> Value {
    json!({ "account": mobile_with_code(MOBILE, code) })
}

/// Links an identity of a provider to a person's account.
async fn link(world: &World, person: &Person, provider: &str, subject: &str) {
    let (db, rows) = (world.db(), world.rows());
    let user = UserId::parse(&person.id).expect("an id");
    let session: SessionId = db.active_sessions(user, world.now()).await.expect("a result")[0].id;
    let (identity, event) =
        (rows.identity(user, provider, subject), rows.event(Happened::IdentityLinked, user));
    db.link_identity(&identity, session, &event, None).await.expect("an identity");
}

/// Creates two accounts of one person: one with an e-mail address and QQ, one (`hanmei`) with a mobile number and
/// GitHub.
pub async fn pair(world: &World) -> (Person, Person) {
    let (kept, merged) = (world.person_by_email(EMAIL).await, world.person(MOBILE, "hanmei").await);
    link(world, &kept, "qq", "s1").await;
    world.advance(1);
    link(world, &merged, "github", "s2").await;
    (kept, merged)
}

/// Asserts that nothing was merged.
async fn nothing_was_merged(world: &World) {
    let mut sql = world.sql().await;
    let active = "users WHERE status = 'active' AND delete_at IS NULL";
    assert_eq!((sql.count("merges").await, sql.count(active).await), (0, 2));
    assert_eq!(sql.count("sessions WHERE end_reason = 'merged'").await, 0);
    assert_eq!(sql.count("audit_events WHERE kind = 'accounts_merged'").await, 0);
}

fn providers(user: &Value) -> Vec<&str> {
    let identities = user["identities"].as_array().expect("identities");
    identities.iter().map(|identity| identity["provider"].as_str().expect("a slug")).collect()
}

#[apply(both_backends)]
async fn a_password_merges_the_accounts(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (kept, merged) = pair(&world).await;
    let elsewhere = world.browser().login("hanmei", PASSWORD).await;
    let elsewhere = world.browser().with_token(elsewhere["accessToken"].as_str().expect("a token"));
    world.advance(1);
    let outcome = merge(&kept.new_browser(&world), by_password("hanmei")).await;
    assert_eq!(kind(&outcome), "AccountsMerged", "{outcome}");
    let user = &outcome["user"];
    assert_eq!(
        (&user["id"], &user["mobile"], &user["email"]),
        (&json!(kept.id), &json!(MOBILE), &json!(EMAIL))
    );
    assert_eq!((providers(user), providers(&outcome)), (vec!["qq", "github"], vec!["github"]));
    assert_eq!((timestamp(&outcome, "undoUntil") - world.now()).num_seconds(), 30 * DAY);

    let me = kept.new_browser(&world).post(ME, json!({})).await.data("me");
    assert_eq!((&me["mobile"], providers(&me)), (&json!(MOBILE), vec!["qq", "github"]));
    assert_eq!(me["activity"][0]["kind"], "accounts_merged");
    for browser in [merged.new_browser(&world), elsewhere] {
        assert_eq!(browser.me().await, Value::Null);
    }
    assert_eq!(kind(&world.browser().login("hanmei", PASSWORD).await), "AccountDisabled");
    assert_eq!(world.browser().login(MOBILE, PASSWORD).await["user"]["id"], *kept.id);

    let mail = world.message_for(EMAIL).await;
    assert!(mail["subject"].as_str().is_some_and(|text| text.contains("accounts merged")), "{mail}");
    let sms = world.message_for(MOBILE).await;
    assert!(sms["body"].as_str().is_some_and(|text| text.contains("merged with another")), "{sms}");
    let id = outcome["mergeId"].as_str().expect("an id");
    let mut sql = world.sql().await;
    let named = format!("audit_events WHERE kind = 'accounts_merged' AND detail LIKE '%{id}%'");
    assert_eq!(sql.count(&named).await, 2);
    // The same request again, as after reloading the page.
    assert_eq!(kind(&merge(&kept.new_browser(&world), by_password("hanmei")).await), "AccountDisabled");
    assert_eq!(sql.count("merges").await, 1);
}

#[apply(both_backends)]
async fn a_code_merges_the_accounts(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (kept, merged) = pair(&world).await;
    world.advance(61);
    let login = world.sms_code(MOBILE, "LOGIN").await;
    assert_eq!(
        kind(&merge(&kept.new_browser(&world), by_code(&login)).await),
        "CodeRejected",
        "a code for another purpose"
    );
    world.advance(61);
    let code = world.sms_code(MOBILE, "BIND").await;
    let wrong = merge(&kept.new_browser(&world), by_code(&wrong_code(&code))).await;
    assert_eq!((kind(&wrong), &wrong["reason"]), ("CodeRejected", &json!("WRONG")));
    nothing_was_merged(&world).await;
    let outcome = merge(&kept.new_browser(&world), by_code(&code)).await;
    assert_eq!(kind(&outcome), "AccountsMerged", "{outcome}");
    assert_eq!((&outcome["user"]["id"], &outcome["user"]["mobile"]), (&json!(kept.id), &json!(MOBILE)));
    assert_eq!(merged.new_browser(&world).me().await, Value::Null);
    let again = merge(&kept.new_browser(&world), by_code(&code)).await;
    assert_eq!((kind(&again), &again["reason"]), ("CodeRejected", &json!("USED_UP")));
    world.message_for(MOBILE).await;
    // The number belongs to the caller now. A code that achieves nothing is not used up.
    world.advance(61);
    let code = world.sms_code(MOBILE, "BIND").await;
    for _ in 0..2 {
        assert_eq!(
            invalid_fields(&merge(&kept.new_browser(&world), by_code(&code)).await),
            ["account OWN_ACCOUNT"]
        );
    }
}

#[apply(both_backends)]
async fn both_accounts_need_authentication(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (mut kept, _) = pair(&world).await;
    let nobody = world.browser().mutate("mergeAccount", by_password("hanmei")).await;
    assert_eq!(nobody.error_code(), "UNAUTHENTICATED", "{}", nobody.text);
    let wrong = json!({ "account": { "password": { "account": "hanmei", "password": "not the password" } } });
    assert_eq!(kind(&merge(&kept.new_browser(&world), wrong).await), "CredentialsRejected");
    let unknown = json!({ "account": { "password": { "account": "nobody", "password": PASSWORD } } });
    assert_eq!(kind(&merge(&kept.new_browser(&world), unknown).await), "CredentialsRejected");

    kept.refresh_after(&world, 601).await;
    let code = world.sms_code(MOBILE, "BIND").await;
    let stale = merge(&kept.new_browser(&world), by_code(&code)).await;
    assert_eq!(kind(&stale), "ReauthenticationRequired");
    let with =
        |password: &str| json!({ "account": mobile_with_code(MOBILE, &code), "currentPassword": password });
    assert_eq!(
        kind(&merge(&kept.new_browser(&world), with("not the password")).await),
        "CredentialsRejected"
    );
    nothing_was_merged(&world).await;
    assert_eq!(
        kind(&merge(&kept.new_browser(&world), with(PASSWORD)).await),
        "AccountsMerged",
        "the code is still valid"
    );
}

#[apply(both_backends)]
async fn every_invalid_field_is_reported(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (kept, _) = pair(&world).await;
    let browser = kept.new_browser(&world);
    let empty = json!({ "account": { "password": { "account": " ", "password": "" } } });
    assert_eq!(
        invalid_fields(&merge(&browser, empty).await),
        ["account.password.account EMPTY", "account.password.password EMPTY"]
    );
    let bad = json!({ "account": mobile_with_code("1380013", "12") });
    assert_eq!(
        invalid_fields(&merge(&browser, bad).await),
        ["account.mobile.code NOT_A_CODE", "account.mobile.mobile NOT_A_MOBILE"]
    );
    assert_eq!(invalid_fields(&merge(&browser, by_password(EMAIL)).await), ["account OWN_ACCOUNT"]);
    let both = json!({ "account": { "password": { "account": "a", "password": "b" }, "mobile": { "mobile": "1", "code": "2" } } });
    assert_eq!(browser.mutate("mergeAccount", both).await.error_code(), "INVALID_VARIABLES");
    nothing_was_merged(&world).await;
}

#[apply(both_backends)]
async fn two_identities_of_one_provider_are_a_conflict(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (kept, merged) = pair(&world).await;
    link(&world, &merged, "qq", "s3").await;
    world.advance(61);
    let code = world.sms_code(MOBILE, "BIND").await;
    let outcome = merge(&kept.new_browser(&world), by_code(&code)).await;
    assert_eq!((kind(&outcome), &outcome["provider"]), ("MergeConflict", &json!("qq")), "{outcome}");
    nothing_was_merged(&world).await;
    world.sql().await.run("DELETE FROM identities WHERE subject = 's3'").await;
    assert_eq!(
        kind(&merge(&kept.new_browser(&world), by_code(&code)).await),
        "AccountsMerged",
        "the code is still valid"
    );
}

#[apply(both_backends)]
async fn a_disabled_or_deleted_account_is_not_merged(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (kept, merged) = pair(&world).await;
    let mut sql = world.sql().await;
    for (disable, enable) in [
        (
            "UPDATE users SET status = 'disabled' WHERE username = 'hanmei'",
            "UPDATE users SET status = 'active'",
        ),
        (
            "UPDATE users SET delete_at = created_at WHERE username = 'hanmei'",
            "UPDATE users SET delete_at = NULL",
        ),
    ] {
        sql.run(disable).await;
        assert_eq!(kind(&merge(&kept.new_browser(&world), by_password("hanmei")).await), "AccountDisabled");
        let reply = merged.new_browser(&world).mutate("mergeAccount", by_password(EMAIL)).await;
        assert_eq!(reply.error_code(), "UNAUTHENTICATED", "{}", reply.text);
        sql.run(enable).await;
        nothing_was_merged(&world).await;
    }
}

#[apply(both_backends)]
async fn attempts_are_limited(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_LIMITS_ACCOUNT_CHANGES", "2/1d")]).await else {
        return;
    };
    let (kept, _) = pair(&world).await;
    for expected in ["InvalidInput", "InvalidInput", "RateLimited"] {
        assert_eq!(kind(&merge(&kept.new_browser(&world), by_password(EMAIL)).await), expected);
    }
}

#[apply(both_backends)]
async fn concurrent_wrong_passwords_are_limited(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_LIMITS_ACCOUNT_CHANGES", "100/1d")]).await else {
        return;
    };
    let (kept, _) = pair(&world).await;
    let wrong = json!({ "account": { "password": { "account": "hanmei", "password": "not the password" } } });
    let mut answers = BTreeMap::<String, usize>::new();
    for _ in 0..10 {
        *answers
            .entry(kind(&merge(&kept.new_browser(&world), wrong.clone()).await).to_owned())
            .or_default() += 1;
    }
    assert_eq!(answers.get("CredentialsRejected"), Some(&5), "{answers:?}");
    assert_eq!(answers.get("RateLimited"), Some(&5), "{answers:?}");
    assert_eq!(world.sql().await.count("audit_events WHERE kind = 'sign_in_failed'").await, 5);
}

#[apply(both_backends)]
async fn a_failed_write_changes_nothing(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (kept, merged) = pair(&world).await;
    world.advance(61);
    let code = world.sms_code(MOBILE, "BIND").await;
    let mut sql = world.sql().await;
    sql.run("ALTER TABLE merges RENAME TO renamed_merges").await;
    let reply = kept.new_browser(&world).mutate("mergeAccount", by_code(&code)).await;
    assert_eq!(reply.error_code(), "INTERNAL_SERVER_ERROR", "{}", reply.text);
    assert!(!reply.text.contains("merges") && !reply.text.contains("13800138000"), "{}", reply.text);
    sql.run("ALTER TABLE renamed_merges RENAME TO merges").await;
    nothing_was_merged(&world).await;
    assert_eq!(merged.new_browser(&world).me().await["mobile"], MOBILE);
    assert_eq!(
        kind(&merge(&kept.new_browser(&world), by_code(&code)).await),
        "AccountsMerged",
        "the code is still valid"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unavailable_stores_change_nothing() {
    let Some((world, redis, database)) = World::start_behind_proxies(&[]).await else { return };
    let (kept, _) = pair(&world).await;
    world.advance(61);
    let code = world.sms_code(MOBILE, "BIND").await;
    for line in [redis, database] {
        line.set(ProxyState::Refusing);
        for input in [by_code(&code), by_password("hanmei")] {
            let reply = kept.new_browser(&world).mutate("mergeAccount", input).await;
            assert_eq!(reply.error_code(), "UNAVAILABLE", "{}", reply.text);
        }
        line.set(ProxyState::Up);
    }
    nothing_was_merged(&world).await;
    let outcome = retry_until_available(&kept.new_browser(&world), by_code(&code)).await.data("mergeAccount");
    assert_eq!(kind(&outcome), "AccountsMerged", "{outcome}");
}

/// Repeats a request until the stores are available.
async fn retry_until_available(browser: &Browser, input: Value) -> Reply {
    for _ in 0..100 {
        let reply = browser.mutate("mergeAccount", input.clone()).await;
        if reply.error_code() != "UNAVAILABLE" {
            return reply;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the stores do not recover");
}

/// Returns the outcome type or the error code of each concurrent request, sorted.
async fn at_once(calls: Vec<(Browser, Value)>) -> Vec<String> {
    let mut outcomes = join_all(calls.into_iter().map(|(browser, input)| async move {
        let reply = retry_until_available(&browser, input).await;
        match reply.error_code() {
            "" => kind(&reply.data("mergeAccount")).to_owned(),
            code => code.to_owned(),
        }
    }))
    .await;
    outcomes.sort();
    outcomes
}

async fn one_merge(world: &World, left: i64) {
    let mut sql = world.sql().await;
    assert_eq!((sql.count("merges").await, sql.count("users WHERE status = 'active'").await), (1, left));
    assert_eq!(sql.count("audit_events WHERE kind = 'accounts_merged'").await, 2);
}

#[apply(both_backends)]
async fn two_opposite_merges_leave_one_account(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (one, other) = pair(&world).await;
    let outcomes = at_once(vec![
        (one.new_browser(&world), by_password("hanmei")),
        (other.new_browser(&world), by_password(EMAIL)),
    ])
    .await;
    assert_eq!(outcomes[0], "AccountsMerged", "{outcomes:?}");
    assert!(["UNAUTHENTICATED", "AccountDisabled"].contains(&outcomes[1].as_str()), "{outcomes:?}");
    one_merge(&world, 1).await;
    // Nobody is left without an account.
    let mobile = world.browser().login(MOBILE, PASSWORD).await;
    assert_eq!(mobile["user"]["id"], world.browser().login(EMAIL, PASSWORD).await["user"]["id"]);
}

#[apply(both_backends)]
async fn concurrent_identical_merges_merge_once(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (kept, _) = pair(&world).await;
    let calls = (0..4).map(|_| (kept.new_browser(&world), by_password("hanmei"))).collect();
    assert_eq!(
        at_once(calls).await,
        ["AccountDisabled", "AccountDisabled", "AccountDisabled", "AccountsMerged"]
    );
    one_merge(&world, 1).await;
}

#[apply(both_backends)]
async fn an_account_is_merged_into_one_of_two_concurrent_callers(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (kept, _) = pair(&world).await;
    let third = world.person("+8613900139000", "third").await;
    let outcomes =
        at_once([&kept, &third].map(|one| (one.new_browser(&world), by_password("hanmei"))).into()).await;
    assert_eq!(outcomes, ["AccountDisabled", "AccountsMerged"]);
    one_merge(&world, 2).await;
}
