//! `mergeAccount`: a second account of the same person, proven, becomes a part of the first.

use rstest_reuse::apply;
use std::collections::BTreeMap;

use futures_util::future::join_all;
use menjin::audit::Kind as Happened;
use menjin::core::clock::Clock;
use menjin::core::ids::{SessionId, UserId};
use serde_json::{Value, json};

use crate::support::browser::{mobile_proof, other_than};
use crate::support::proxy::Line;
use crate::support::{Backend, Browser, PASSWORD, Person, Reply, World, at, bad_fields, both_backends, kind};

const MOBILE: &str = "+8613800138000";
const EMAIL: &str = "li@example.com";
const DAY: i64 = 86_400;
const ME: &str = "{ me { id mobile email identities { provider } activity { kind } } }";

async fn merge(browser: &Browser, input: Value) -> Value {
    browser.mutate("mergeAccount", input).await.data("mergeAccount")
}

fn by_password(account: &str) -> Value {
    json!({ "account": { "password": { "account": account, "password": PASSWORD } } })
}

fn by_code(code: &str) -> Value {
    json!({ "account": mobile_proof(MOBILE, code) })
}

/// Binds a person of a provider to somebody's account.
async fn link(world: &World, person: &Person, provider: &str, subject: &str) {
    let (db, rows) = (world.db(), world.rows());
    let user = UserId::parse(&person.id).expect("an id");
    let session: SessionId = db.live_sessions(user, world.now()).await.expect("it answers")[0].id;
    let (identity, event) =
        (rows.identity(user, provider, subject), rows.event(Happened::IdentityLinked, user));
    assert!(db.link_identity(&identity, session, &event, None).await.expect("it answers"));
}

/// Two accounts of one person: by e-mail with a QQ, and by mobile number (`hanmei`) with a GitHub.
async fn pair(world: &World) -> (Person, Person) {
    let (kept, merged) = (world.person_by_email(EMAIL).await, world.person(MOBILE, "hanmei").await);
    link(world, &kept, "qq", "s1").await;
    world.advance(1);
    link(world, &merged, "github", "s2").await;
    (kept, merged)
}

/// That nothing was merged.
async fn untouched(world: &World) {
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
async fn by_password_all_comes_together(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (kept, merged) = pair(&world).await;
    let elsewhere = world.browser().login("hanmei", PASSWORD).await;
    let elsewhere = world.browser().bearing(elsewhere["accessToken"].as_str().expect("a token"));
    world.advance(1);
    let outcome = merge(&kept.at_work(&world), by_password("hanmei")).await;
    assert_eq!(kind(&outcome), "AccountsMerged", "{outcome}");
    let user = &outcome["user"];
    assert_eq!(
        (&user["id"], &user["mobile"], &user["email"]),
        (&json!(kept.id), &json!(MOBILE), &json!(EMAIL))
    );
    assert_eq!((providers(user), providers(&outcome)), (vec!["qq", "github"], vec!["github"]));
    assert_eq!((at(&outcome, "undoUntil") - world.now()).num_seconds(), 30 * DAY);

    let me = kept.at_work(&world).post(ME, json!({})).await.data("me");
    assert_eq!((&me["mobile"], providers(&me)), (&json!(MOBILE), vec!["qq", "github"]));
    assert_eq!(me["activity"][0]["kind"], "accounts_merged");
    for browser in [merged.at_work(&world), elsewhere] {
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
    // Once more, as after a reload of the page.
    assert_eq!(kind(&merge(&kept.at_work(&world), by_password("hanmei")).await), "AccountDisabled");
    assert_eq!(sql.count("merges").await, 1);
}

#[apply(both_backends)]
async fn by_code_all_comes_together(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (kept, merged) = pair(&world).await;
    world.advance(61);
    let login = world.sms_code(MOBILE, "LOGIN").await;
    assert_eq!(
        kind(&merge(&kept.at_work(&world), by_code(&login)).await),
        "CodeRejected",
        "of another purpose"
    );
    world.advance(61);
    let code = world.sms_code(MOBILE, "BIND").await;
    let wrong = merge(&kept.at_work(&world), by_code(&other_than(&code))).await;
    assert_eq!((kind(&wrong), &wrong["reason"]), ("CodeRejected", &json!("WRONG")));
    untouched(&world).await;
    let outcome = merge(&kept.at_work(&world), by_code(&code)).await;
    assert_eq!(kind(&outcome), "AccountsMerged", "{outcome}");
    assert_eq!((&outcome["user"]["id"], &outcome["user"]["mobile"]), (&json!(kept.id), &json!(MOBILE)));
    assert_eq!(merged.at_work(&world).me().await, Value::Null);
    let again = merge(&kept.at_work(&world), by_code(&code)).await;
    assert_eq!((kind(&again), &again["reason"]), ("CodeRejected", &json!("USED_UP")));
    world.message_for(MOBILE).await;
    // The number is the caller's own now. A code that buys nothing is not used up.
    world.advance(61);
    let code = world.sms_code(MOBILE, "BIND").await;
    for _ in 0..2 {
        assert_eq!(bad_fields(&merge(&kept.at_work(&world), by_code(&code)).await), ["account OWN_ACCOUNT"]);
    }
}

#[apply(both_backends)]
async fn both_accounts_are_to_be_proven(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (mut kept, _) = pair(&world).await;
    let nobody = world.browser().mutate("mergeAccount", by_password("hanmei")).await;
    assert_eq!(nobody.error_code(), "UNAUTHENTICATED", "{}", nobody.text);
    let wrong = json!({ "account": { "password": { "account": "hanmei", "password": "not the password" } } });
    assert_eq!(kind(&merge(&kept.at_work(&world), wrong).await), "CredentialsRejected");
    let unknown = json!({ "account": { "password": { "account": "nobody", "password": PASSWORD } } });
    assert_eq!(kind(&merge(&kept.at_work(&world), unknown).await), "CredentialsRejected");

    kept.later(&world, 601).await;
    let code = world.sms_code(MOBILE, "BIND").await;
    let stale = merge(&kept.at_work(&world), by_code(&code)).await;
    assert_eq!(kind(&stale), "ReauthenticationRequired");
    let with =
        |password: &str| json!({ "account": mobile_proof(MOBILE, &code), "currentPassword": password });
    assert_eq!(kind(&merge(&kept.at_work(&world), with("not the password")).await), "CredentialsRejected");
    untouched(&world).await;
    assert_eq!(
        kind(&merge(&kept.at_work(&world), with(PASSWORD)).await),
        "AccountsMerged",
        "the code was not lost"
    );
}

#[apply(both_backends)]
async fn every_bad_field_is_named(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (kept, _) = pair(&world).await;
    let browser = kept.at_work(&world);
    let empty = json!({ "account": { "password": { "account": " ", "password": "" } } });
    assert_eq!(
        bad_fields(&merge(&browser, empty).await),
        ["account.password.account EMPTY", "account.password.password EMPTY"]
    );
    let bad = json!({ "account": mobile_proof("1380013", "12") });
    assert_eq!(
        bad_fields(&merge(&browser, bad).await),
        ["account.mobile.code NOT_A_CODE", "account.mobile.mobile NOT_A_MOBILE"]
    );
    assert_eq!(bad_fields(&merge(&browser, by_password(EMAIL)).await), ["account OWN_ACCOUNT"]);
    let both = json!({ "account": { "password": { "account": "a", "password": "b" }, "mobile": { "mobile": "1", "code": "2" } } });
    assert_eq!(browser.mutate("mergeAccount", both).await.error_code(), "INVALID_VARIABLES");
    untouched(&world).await;
}

#[apply(both_backends)]
async fn two_people_of_one_provider_are_for_their_owner_to_settle(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (kept, merged) = pair(&world).await;
    link(&world, &merged, "qq", "s3").await;
    world.advance(61);
    let code = world.sms_code(MOBILE, "BIND").await;
    let outcome = merge(&kept.at_work(&world), by_code(&code)).await;
    assert_eq!((kind(&outcome), &outcome["provider"]), ("MergeConflict", &json!("qq")), "{outcome}");
    untouched(&world).await;
    world.sql().await.run("DELETE FROM identities WHERE subject = 's3'").await;
    assert_eq!(
        kind(&merge(&kept.at_work(&world), by_code(&code)).await),
        "AccountsMerged",
        "the code was not lost"
    );
}

#[apply(both_backends)]
async fn an_account_that_may_not_be_used_is_not_merged(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (kept, merged) = pair(&world).await;
    let mut sql = world.sql().await;
    for (shut, open) in [
        (
            "UPDATE users SET status = 'disabled' WHERE username = 'hanmei'",
            "UPDATE users SET status = 'active'",
        ),
        (
            "UPDATE users SET delete_at = created_at WHERE username = 'hanmei'",
            "UPDATE users SET delete_at = NULL",
        ),
    ] {
        sql.run(shut).await;
        assert_eq!(kind(&merge(&kept.at_work(&world), by_password("hanmei")).await), "AccountDisabled");
        let theirs = merged.at_work(&world).mutate("mergeAccount", by_password(EMAIL)).await;
        assert_eq!(theirs.error_code(), "UNAUTHENTICATED", "{}", theirs.text);
        sql.run(open).await;
        untouched(&world).await;
    }
}

#[apply(both_backends)]
async fn tries_are_limited(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_LIMITS_ACCOUNT_CHANGES", "2/1d")]).await else {
        return;
    };
    let (kept, _) = pair(&world).await;
    for expected in ["InvalidInput", "InvalidInput", "RateLimited"] {
        assert_eq!(kind(&merge(&kept.at_work(&world), by_password(EMAIL)).await), expected);
    }
}

#[apply(both_backends)]
async fn it_is_no_way_to_guess_passwords(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_LIMITS_ACCOUNT_CHANGES", "100/1d")]).await else {
        return;
    };
    let (kept, _) = pair(&world).await;
    let wrong = json!({ "account": { "password": { "account": "hanmei", "password": "not the password" } } });
    let mut answers = BTreeMap::<String, usize>::new();
    for _ in 0..10 {
        *answers.entry(kind(&merge(&kept.at_work(&world), wrong.clone()).await).to_owned()).or_default() += 1;
    }
    assert_eq!(answers.get("CredentialsRejected"), Some(&5), "{answers:?}");
    assert_eq!(answers.get("RateLimited"), Some(&5), "{answers:?}");
    assert_eq!(world.sql().await.count("audit_events WHERE kind = 'sign_in_failed'").await, 5);
}

#[apply(both_backends)]
async fn what_cannot_be_written_leaves_all_as_it_was(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (kept, merged) = pair(&world).await;
    world.advance(61);
    let code = world.sms_code(MOBILE, "BIND").await;
    let mut sql = world.sql().await;
    sql.run("ALTER TABLE merges RENAME TO away").await;
    let reply = kept.at_work(&world).mutate("mergeAccount", by_code(&code)).await;
    assert_eq!(reply.error_code(), "INTERNAL_SERVER_ERROR", "{}", reply.text);
    assert!(!reply.text.contains("merges") && !reply.text.contains("13800138000"), "{}", reply.text);
    sql.run("ALTER TABLE away RENAME TO merges").await;
    untouched(&world).await;
    assert_eq!(merged.at_work(&world).me().await["mobile"], MOBILE);
    assert_eq!(
        kind(&merge(&kept.at_work(&world), by_code(&code)).await),
        "AccountsMerged",
        "the code was not lost"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_that_are_away_lose_nothing() {
    let Some((world, redis, database)) = World::start_behind_proxies(&[]).await else { return };
    let (kept, _) = pair(&world).await;
    world.advance(61);
    let code = world.sms_code(MOBILE, "BIND").await;
    for line in [redis, database] {
        line.set(Line::Refusing);
        for input in [by_code(&code), by_password("hanmei")] {
            let reply = kept.at_work(&world).mutate("mergeAccount", input).await;
            assert_eq!(reply.error_code(), "UNAVAILABLE", "{}", reply.text);
        }
        line.set(Line::Up);
    }
    untouched(&world).await;
    let outcome = insist(&kept.at_work(&world), by_code(&code)).await.data("mergeAccount");
    assert_eq!(kind(&outcome), "AccountsMerged", "{outcome}");
}

/// Calls until no store is away any more.
async fn insist(browser: &Browser, input: Value) -> Reply {
    for _ in 0..100 {
        let reply = browser.mutate("mergeAccount", input.clone()).await;
        if reply.error_code() != "UNAVAILABLE" {
            return reply;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("it is never available");
}

/// What each of several callers at once was told: the member of the union or the code of the error, sorted.
async fn at_once(calls: Vec<(Browser, Value)>) -> Vec<String> {
    let mut told = join_all(calls.into_iter().map(|(browser, input)| async move {
        let reply = insist(&browser, input).await;
        match reply.error_code() {
            "" => kind(&reply.data("mergeAccount")).to_owned(),
            code => code.to_owned(),
        }
    }))
    .await;
    told.sort();
    told
}

async fn one_merge(world: &World, left: i64) {
    let mut sql = world.sql().await;
    assert_eq!((sql.count("merges").await, sql.count("users WHERE status = 'active'").await), (1, left));
    assert_eq!(sql.count("audit_events WHERE kind = 'accounts_merged'").await, 2);
}

#[apply(both_backends)]
async fn two_merges_crosswise_end_in_one(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (one, other) = pair(&world).await;
    let told = at_once(vec![
        (one.at_work(&world), by_password("hanmei")),
        (other.at_work(&world), by_password(EMAIL)),
    ])
    .await;
    assert_eq!(told[0], "AccountsMerged", "{told:?}");
    assert!(["UNAUTHENTICATED", "AccountDisabled"].contains(&told[1].as_str()), "{told:?}");
    one_merge(&world, 1).await;
    // Nobody is left without an account.
    let mobile = world.browser().login(MOBILE, PASSWORD).await;
    assert_eq!(mobile["user"]["id"], world.browser().login(EMAIL, PASSWORD).await["user"]["id"]);
}

#[apply(both_backends)]
async fn the_same_merge_at_once_is_one(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (kept, _) = pair(&world).await;
    let calls = (0..4).map(|_| (kept.at_work(&world), by_password("hanmei"))).collect();
    assert_eq!(
        at_once(calls).await,
        ["AccountDisabled", "AccountDisabled", "AccountDisabled", "AccountsMerged"]
    );
    one_merge(&world, 1).await;
}

#[apply(both_backends)]
async fn an_account_is_merged_into_one_of_two(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (kept, _) = pair(&world).await;
    let third = world.person("+8613900139000", "third").await;
    let told = at_once([&kept, &third].map(|one| (one.at_work(&world), by_password("hanmei"))).into()).await;
    assert_eq!(told, ["AccountDisabled", "AccountsMerged"]);
    one_merge(&world, 2).await;
}

/// Commands run at the real time: this is so many days before it.
fn days_ago(world: &World, days: i64) {
    let real = Clock::system().now();
    world.advance((real - world.now()).num_seconds() - days * DAY);
}

#[apply(both_backends)]
async fn an_operator_undoes_it(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    days_ago(&world, 29);
    let (kept, merged) = pair(&world).await;
    let outcome = merge(&kept.at_work(&world), by_password("hanmei")).await;
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
    assert_eq!(kept.at_work(&world).me().await, Value::Null, "all sessions ended");
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
        "every address is told"
    );
    let again = world.operator(&["users", "unmerge", id]).await;
    assert!(again.code == 1 && again.err.contains("undone before"), "{again:?}");
    assert!(world.operator(&["users", "merges", "hanmei"]).await.text().contains("undone"));
    // They may be merged anew.
    let kept = world.browser().login(EMAIL, PASSWORD).await;
    let kept = world.browser().bearing(kept["accessToken"].as_str().expect("a token"));
    assert_eq!(kind(&merge(&kept, by_password("hanmei")).await), "AccountsMerged");
}

#[apply(both_backends)]
async fn an_operator_is_told_what_stays_and_why(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    days_ago(&world, 0);
    let (kept, _) = pair(&world).await;
    let outcome = merge(&kept.at_work(&world), by_password("hanmei")).await;
    let id = outcome["mergeId"].as_str().expect("an id");
    world.sql().await.run("DELETE FROM identities WHERE subject = 's2'").await;
    let undone = world.operator(&["users", "unmerge", id]).await;
    let text = undone.text();
    assert!(text.contains("given back: mobile\n"), "{text}");
    assert!(text.contains("not given back: identity: it was unlinked since"), "{text}");
    let bad = world.operator(&["users", "unmerge", "x"]).await;
    assert!(bad.code == 1 && bad.err.contains("the id of a merge"), "{bad:?}");
}

#[apply(both_backends)]
async fn after_thirty_days_it_stays(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    days_ago(&world, 31);
    let (kept, _) = pair(&world).await;
    let outcome = merge(&kept.at_work(&world), by_password("hanmei")).await;
    let id = outcome["mergeId"].as_str().expect("an id");
    let refused = world.operator(&["users", "unmerge", id]).await;
    assert!(refused.code == 1 && refused.err.contains("its time is over"), "{refused:?}");
    let listed = world.operator(&["users", "merges", EMAIL, "--json"]).await.json();
    assert_eq!(listed[0]["state"], "over");
    assert_eq!(kept.at_work(&world).me().await["mobile"], MOBILE);
}
