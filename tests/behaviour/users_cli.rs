//! `menjin users` and `menjin audit`: commands that the operator runs beside a gateway.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::{Backend, PASSWORD, World, both_backends, kind};

const MOBILE: &str = "+8613800138000";

/// Returns the claims of an access token without verifying it.
fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a payload");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64")).expect("JSON")
}

/// Returns the kinds of audit entries, newest first.
fn kinds(entries: &Value) -> Vec<&str> {
    entries
        .as_array()
        .expect("an array")
        .iter()
        .map(|entry| entry["kind"].as_str().expect("a kind"))
        .collect()
}

#[apply(both_backends)]
async fn an_account_that_the_operator_created_can_be_used(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let made = world
        .operator(&[
            "users",
            "create",
            "--username",
            "admin",
            "--mobile",
            MOBILE,
            "--email",
            "Root@Example.com",
            "--nickname",
            "管理员",
            "--roles",
            "admin,shop.editor",
            "--json",
        ])
        .await
        .json();
    let password = made["password"].as_str().expect("a password, printed once");
    for account in ["admin", "13800138000", "root@example.com"] {
        let outcome = world.browser().login(account, password).await;
        assert_eq!(kind(&outcome), "SignedIn", "{account}: {outcome}");
        assert_eq!(outcome["user"]["id"], made["id"]);
        assert_eq!(outcome["user"]["nickname"], "管理员");
    }
    // A password from standard input is not printed and is used unchanged.
    let made = world
        .operator_with_input(
            &["users", "create", "--email", "mei@example.com", "--password-stdin"],
            &format!("{PASSWORD}\n"),
        )
        .await;
    assert!(!made.text().contains(PASSWORD) && !made.text().contains("password"), "{made:?}");
    assert_eq!(kind(&world.browser().login("mei@example.com", PASSWORD).await), "SignedIn");
    assert_eq!(world.sql().await.count("audit_events WHERE kind = 'user_created'").await, 2);
}

#[apply(both_backends)]
async fn invalid_arguments_are_refused_and_not_repeated(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "lilei").await;
    let create = async |arguments: &[&str]| {
        let arguments: Vec<&str> = ["users", "create"].into_iter().chain(arguments.iter().copied()).collect();
        world.operator(&arguments).await
    };
    for (arguments, code, said) in [
        (&["--mobile", "1380013"][..], 1, "--mobile: Enter a valid mobile number."),
        (&["--mobile", "13800138000"], 1, "--mobile: already in use by another account"),
        (&["--username", "LILEI"], 1, "--username: already in use by another account"),
        (
            &["--username", "hanmei", "--nickname", "lilei"],
            1,
            "--nickname: already in use by another account",
        ),
        (&["--username", "1380013"], 1, "--username: A user name must not look like"),
        (&["--username", "hanmei", "--roles", "Admin"], 1, "--roles: a role has"),
        (&[], 1, "one of --username, --mobile and --email is required"),
        (&["--username", "x", "--mobile", "123", "--roles", "Bad Role!"], 1, "--roles: a role has"),
        (&["--username", "x", "--mobile", "123", "--roles", "Bad Role!"], 1, "; --username: Use at least"),
        (
            &["--username", "x", "--mobile", "123", "--roles", "Bad Role!"],
            1,
            "; --mobile: Enter a valid mobile number.",
        ),
    ] {
        let finished = create(arguments).await;
        assert_eq!(finished.code, code, "{arguments:?} {finished:?}");
        assert!(finished.err.contains(said) && finished.out.is_empty(), "{arguments:?} {finished:?}");
        assert!(!finished.err.contains("1380013"), "{finished:?}");
    }
    let arguments = ["users", "create", "--username", "hanmei", "--password-stdin"];
    for bad in ["", "short", "password123", "hanmei-hanmei"] {
        let finished = world.operator_with_input(&arguments, bad).await;
        assert_eq!(finished.code, 1, "{bad}: {finished:?}");
        assert!(bad.is_empty() || !finished.err.contains(bad), "{finished:?}");
        assert!(finished.err.contains("--password-stdin: "), "{finished:?}");
    }
    assert_eq!(world.sql().await.count("users").await, 1);
    assert_eq!(world.operator(&["users", "show", "nobody"]).await.code, 1);
    assert_eq!(world.operator(&["users", "roles", "lilei", "--set", "a b\"c"]).await.code, 1);
}

#[apply(both_backends)]
async fn roles_are_in_tokens_and_in_the_user(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    assert_eq!(claims(&person.token)["roles"], json!([]));
    let roles = async |arguments: &[&str]| {
        let arguments: Vec<&str> =
            ["users", "roles", "lilei", "--json"].iter().chain(arguments).copied().collect();
        world.operator(&arguments).await.json()["roles"].clone()
    };
    assert_eq!(roles(&["--set", "admin, billing:read"]).await, json!(["admin", "billing:read"]));
    assert_eq!(
        roles(&["--add", "editor,admin", "--remove", "billing:read,nothing"]).await,
        json!(["admin", "editor"])
    );
    assert_eq!(roles(&[]).await, json!(["admin", "editor"]));
    let outcome = world.browser().login("lilei", PASSWORD).await;
    let token = outcome["accessToken"].as_str().expect("a token");
    assert_eq!(claims(token)["roles"], json!(["admin", "editor"]));
    assert_eq!(world.browser().with_token(token).me().await["roles"], json!(["admin", "editor"]));
    // The user is read for each request, whatever the token contains.
    assert_eq!(person.browser.with_token(&person.token).me().await["roles"], json!(["admin", "editor"]));
    assert_eq!(roles(&["--set", ""]).await, json!([]));
    let entries = world.operator(&["audit", "--kind", "roles_changed", "--json"]).await.json();
    assert_eq!(kinds(&entries).len(), 3, "reading roles is not audited: {entries}");
    assert_eq!(entries[1]["detail"]["before"], json!(["admin", "billing:read"]));
    assert_eq!(entries[1]["detail"]["after"], json!(["admin", "editor"]));
    let most: Vec<String> = (0..51).map(|n| format!("r{n}")).collect();
    assert_eq!(world.operator(&["users", "roles", "lilei", "--add", &most.join(",")]).await.code, 1);
    assert_eq!(roles(&[]).await, json!([]));
}

#[apply(both_backends)]
async fn disabling_an_account_revokes_its_sessions_for_good(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let other = world.person("+8613900139000", "hanmei").await;
    world.browser().login("lilei", PASSWORD).await;
    let done = world.operator(&["users", "disable", "13800138000", "--json"]).await.json();
    assert_eq!(done, json!({ "id": person.id, "status": "disabled", "changed": true, "endedSessions": 2 }));
    let browser = person.browser.with_token(&person.token);
    assert!(browser.me().await.is_null());
    assert_eq!(kind(&world.browser().login("lilei", PASSWORD).await), "AccountDisabled");
    assert!(!other.browser.with_token(&other.token).me().await.is_null(), "other accounts are not affected");
    let mut sql = world.sql().await;
    assert_eq!(sql.count("sessions WHERE revoked_at IS NOT NULL AND end_reason = 'account_status'").await, 2);
    assert_eq!(world.operator(&["users", "disable", "lilei", "--json"]).await.json()["changed"], false);
    assert_eq!(sql.count("audit_events WHERE kind = 'user_disabled'").await, 1);
    // A concurrent sign-in may have left a session: it stays revoked.
    sql.run("UPDATE sessions SET revoked_at = NULL").await;
    assert_eq!(world.operator(&["users", "enable", "lilei", "--json"]).await.json()["changed"], true);
    assert!(browser.me().await.is_null(), "revoked sessions stay revoked");
    assert_eq!(kind(&world.browser().login("lilei", PASSWORD).await), "SignedIn");
    assert_eq!(world.operator(&["users", "enable", "lilei"]).await.text(), "lilei was already enabled\n");
}

#[apply(both_backends)]
async fn enabling_an_active_account_revokes_nothing(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    assert_eq!(world.operator(&["users", "enable", "lilei", "--json"]).await.json()["changed"], false);
    assert!(!person.browser.with_token(&person.token).me().await.is_null());
}

#[apply(both_backends)]
async fn sessions_are_revoked_and_accounts_purged(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let ended = world.operator(&["users", "revoke-sessions", &person.id]).await;
    assert_eq!(ended.text(), "1 sessions of lilei were revoked\n");
    assert!(person.browser.with_token(&person.token).me().await.is_null());
    assert_eq!(kind(&world.browser().login("lilei", PASSWORD).await), "SignedIn");
    let refused = world.operator_with_input(&["users", "delete", "lilei"], "lilei\n").await;
    assert_eq!(refused.code, 1, "the command cannot ask for confirmation: {refused:?}");
    assert!(refused.err.contains("--yes"), "{refused:?}");
    assert_eq!(world.sql().await.count("users").await, 1);
    let done = world.operator(&["users", "delete", "lilei", "--yes", "--json"]).await.json();
    assert_eq!(done, json!({ "id": person.id, "username": "lilei", "deleted": true }));
    let mut sql = world.sql().await;
    assert_eq!((sql.count("users").await, sql.count("sessions").await), (0, 0));
    assert_eq!(kind(&world.browser().login("lilei", PASSWORD).await), "CredentialsRejected");
    assert_eq!(world.operator(&["users", "delete", "lilei", "--yes"]).await.code, 1);
    let entries = world.operator(&["audit", "--user", &person.id, "--json"]).await.json();
    assert_eq!(kinds(&entries), ["user_deleted"], "the changes of the operator: {entries}");
    // As at the end of the grace period of an account that its owner deleted.
    let of_somebody =
        "(user_id IS NOT NULL OR session_id IS NOT NULL OR address IS NOT NULL OR user_agent IS NOT NULL)";
    let named = format!("audit_events WHERE kind IN ('registered', 'sessions_revoked') AND {of_somebody}");
    assert_eq!(sql.count(&named).await, 0);
    assert_eq!(sql.count("audit_events WHERE kind = 'registered'").await, 1, "the entry is kept");
    assert_eq!(sql.count("messages WHERE masked LIKE '%8000'").await, 0);
    assert_eq!(sql.count(&format!("inbox WHERE destination = '{MOBILE}'")).await, 0);
}

#[apply(both_backends)]
async fn lists_mask_contacts_and_can_be_filtered(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    world.person_by_email("Mei.Han@Example.com").await;
    world.operator(&["users", "roles", "lilei", "--set", "a_b"]).await.text();
    world.operator(&["users", "create", "--username", "hanmei", "--roles", "axb"]).await.text();
    let all = world.operator(&["users", "list"]).await;
    assert!(all.text().contains("+86 138****8000") && all.text().contains("Me***@example.com"), "{all:?}");
    assert!(!all.text().contains("13800138000") && !all.text().contains("Mei.Han"), "{all:?}");
    assert_eq!(all.text().lines().count(), 4);
    let names = async |arguments: &[&str]| -> Vec<String> {
        let arguments: Vec<&str> = ["users", "list", "--json"].iter().chain(arguments).copied().collect();
        let users = world.operator(&arguments).await.json();
        let users = users.as_array().expect("an array").iter();
        users.map(|user| user["username"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names(&["--role", "a_b"]).await, ["lilei"], "the underscore is not a wildcard");
    assert_eq!(names(&["--role", "a"]).await, [""; 0]);
    assert_eq!(names(&["--limit", "1"]).await, ["hanmei"]);
    assert!(all.err.is_empty(), "{all:?}");
    let first = world.operator(&["users", "list", "--limit", "1"]).await;
    assert!(first.err.contains("--before "), "{first:?}");
    let newest = world.operator(&["users", "list", "--json", "--limit", "1"]).await.json()[0]["id"].clone();
    assert_eq!(names(&["--before", newest.as_str().expect("an id")]).await.len(), 2);
    world.operator(&["users", "disable", "lilei"]).await.text();
    assert_eq!(names(&["--status", "disabled"]).await, ["lilei"]);
    let shown = world.operator(&["users", "show", "lilei", "--json"]).await.json();
    assert_eq!((&shown["id"], &shown["mobile"]), (&json!(person.id), &json!("+86 138****8000")));
    assert_eq!(shown["hasPassword"], true);
    let shown = world.operator(&["users", "show", "lilei", "--contacts"]).await;
    assert!(shown.text().contains(MOBILE), "{shown:?}");
    assert!(!format!("{shown:?}{all:?}").contains("argon2"), "no hash is shown");
}

#[apply(both_backends)]
async fn the_audit_log_can_be_read(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    world.advance(1);
    world.browser().login("lilei", "not the password").await;
    world.operator(&["users", "disable", "lilei"]).await.text();
    world.operator(&["users", "create", "--username", "hanmei"]).await.text();
    let audit = async |arguments: &[&str]| {
        let arguments: Vec<&str> = ["audit", "--json"].iter().chain(arguments).copied().collect();
        world.operator(&arguments).await.json()
    };
    let all = audit(&[]).await;
    assert_eq!(kinds(&all), ["user_created", "user_disabled", "sign_in_failed", "registered"]);
    assert_eq!(all[3]["userId"], *person.id);
    assert!(all[3]["address"].as_str().is_some_and(|address| address.starts_with("10.")), "{all}");
    let own = ["user_disabled", "sign_in_failed", "registered"];
    assert_eq!(kinds(&audit(&["--user", "lilei"]).await), own);
    assert_eq!(kinds(&audit(&["--user", &person.id]).await), own);
    assert_eq!(kinds(&audit(&["--kind", "registered"]).await), ["registered"]);
    assert_eq!(kinds(&audit(&["--limit", "2"]).await), ["user_created", "user_disabled"]);
    // The clock of the gateway differs from that of the operator.
    world.sql().await.run("DELETE FROM audit_events WHERE kind = 'registered'").await;
    assert!(!kinds(&audit(&["--since", "1h"]).await).contains(&"sign_in_failed"));
    let table = world.operator(&["audit"]).await;
    assert!(table.text().starts_with("WHEN ") && table.text().contains("user_disabled"), "{table:?}");
    assert!(!table.text().contains("13800138000"), "{table:?}");
    let unknown = world.operator(&["audit", "--kind", "nonsense"]).await;
    assert!(
        unknown.code == 2 && unknown.err.contains("refresh_token_reused"),
        "all kinds are listed: {unknown:?}"
    );
    assert_eq!(world.operator(&["audit", "--since", "yesterday"]).await.code, 2);
    assert_eq!(world.operator(&["audit", "--user", "nobody"]).await.code, 1);
}

#[tokio::test]
async fn without_a_database_the_command_reports_it() {
    let variables = [("DATABASE_URL".to_owned(), "postgres://nobody@127.0.0.1:9/nothing".to_owned())];
    for arguments in [&["users", "list"][..], &["audit"], &["users", "create", "--username", "hanmei"]] {
        let finished = crate::support::cli::menjin(&variables, arguments, "").await;
        assert_eq!((finished.code, finished.out.as_str()), (1, ""), "{finished:?}");
        assert!(finished.err.starts_with("menjin: the database is unavailable"), "{finished:?}");
    }
}
