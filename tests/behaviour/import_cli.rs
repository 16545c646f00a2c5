//! `menjin import`: imports the users of another system, who sign in with their old passwords.

use rstest_reuse::apply;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use crate::support::cli::Finished;
use crate::support::{Backend, World, both_backends, kind};

/// The password of all hashes here.
const OLD: &str = "correct horse 密码";
const PBKDF2: &str = "pbkdf2_sha256$1000$NaClSalt1234$ELZIORV8YaLAv1fO8dZtywqwlnjOtiV2v7s4WUPOIxA=";
const MOBILE: &str = "+8613800138000";

/// Writes a file into a temporary folder, which is deleted when the guard is dropped.
fn file(name: &str, text: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("the file can be written");
    (folder, path)
}

async fn import(world: &World, name: &str, text: &str, more: &[&str]) -> Finished {
    let (_folder, path) = file(name, text);
    let path = path.display().to_string();
    let arguments: Vec<&str> = ["import", &path].into_iter().chain(more.iter().copied()).collect();
    world.operator(&arguments).await
}

/// Returns the last line, the summary.
fn summary(finished: &Finished) -> &str {
    finished.out.lines().find(|line| line.contains(" rows read: ")).unwrap_or_else(|| panic!("{finished:?}"))
}

#[apply(both_backends)]
async fn imported_passwords_sign_in_and_are_rehashed_as_argon2id(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let hashes = [
        ("django", PBKDF2),
        (
            "argon",
            "argon2$argon2id$v=19$m=8192,t=2,p=1$TmFDbFNhbHQxMjM0$nwVwLU2FjPHuMECrA8hiKXwoSyvcP0SEAfB3kTvDHe4",
        ),
        ("bcryptsha", "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuuKvbtYbhExfuizofXu2Rra.gR2QmjzFG"),
        ("plainbcrypt", "$2b$04$abcdefghijklmnopqrstuuxFl2hB7SORbNfx2et2BoRo4G86y278i"),
        (
            "scrypts",
            "scrypt$1024$NaClSalt1234$8$1$aI6oex+2Wu9ktOsHyxUq5cYGa5zH32C2RX75KMWE2WVdCg1bpHonmz062VoojqiHDCcW/ilxYGnkJIsPC4xutA==",
        ),
        (
            "werkzeug",
            "scrypt:32768:8:1$NaClSalt12345678$a1523db4e8afcea2ec14b68421131161ac529c804a001c9926f4e9f4ad1774febbd0c099b7be8874c06ccb2c28af52eb8e75f228f73903911a32752ba7702506",
        ),
    ];
    let mut text = "username,password_hash,roles\n".to_owned();
    for (name, hash) in hashes {
        // Argon2 hashes contain commas.
        writeln!(text, "{name},\"{hash}\",\"editor,billing:read\"").expect("writing to a string succeeds");
    }
    let done = import(&world, "users.csv", &text, &[]).await;
    assert_eq!(done.text().trim(), "6 rows read: 6 written, 0 already existed, 0 invalid");
    let mut sql = world.sql().await;
    let renewed = "users WHERE password_hash LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'";
    assert_eq!(sql.count(renewed).await, 0);
    for (nth, (name, _)) in hashes.into_iter().enumerate() {
        assert_eq!(kind(&world.browser().login(name, "correct horse").await), "CredentialsRejected");
        assert_eq!(
            sql.count(renewed).await,
            i64::try_from(nth).expect("few"),
            "a failed login does not rehash"
        );
        let outcome = world.browser().login(name, OLD).await;
        assert_eq!(kind(&outcome), "SignedIn", "{name}: {outcome}");
        assert_eq!(outcome["user"]["roles"], json!(["editor", "billing:read"]));
        assert_eq!(sql.count(&format!("{renewed} AND username = '{name}'")).await, 1, "{name}");
        assert_eq!(kind(&world.browser().login(name, OLD).await), "SignedIn", "{name}, by the new hash");
    }
    assert_eq!(sql.count("audit_events WHERE kind = 'user_imported' AND user_id IS NOT NULL").await, 6);
}

#[apply(both_backends)]
async fn json_lines_import_every_field(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = json!({
        "username": "root", "nickname": "根 用户", "mobile": "138 0013 8000", "email": "Root@Example.com",
        "password_hash": PBKDF2, "roles": ["admin"], "created_at": "2019-03-04T05:06:07.089Z",
    });
    let banned = json!({ "email": "banned@example.com", "password_hash": PBKDF2, "status": "disabled" });
    let quiet = json!({ "mobile": "13900139000", "password_hash": "!4TkLzIbcNbtFFj5s" });
    let done = import(&world, "users.jsonl", &format!("{person}\n{banned}\n{quiet}\n"), &[]).await;
    assert_eq!(summary(&done), "3 rows read: 3 written, 0 already existed, 0 invalid");
    for account in ["root", "13800138000", "root@example.com"] {
        let outcome = world.browser().login(account, OLD).await;
        assert_eq!(kind(&outcome), "SignedIn", "{account}: {outcome}");
        let token = outcome["accessToken"].as_str().expect("a token");
        let me = world.browser().with_token(token).me().await;
        assert_eq!(
            (&me["nickname"], &me["mobile"], &me["email"]),
            (&json!("根 用户"), &json!(MOBILE), &json!("Root@example.com"))
        );
        assert_eq!(me["createdAt"], "2019-03-04T05:06:07.089+00:00");
    }
    assert_eq!(kind(&world.browser().login("banned@example.com", OLD).await), "AccountDisabled");
    assert_eq!(kind(&world.browser().login("13900139000", "!4TkLzIbcNbtFFj5s").await), "CredentialsRejected");
    let code = world.sms_code("+8613900139000", "LOGIN").await;
    let proof = crate::support::browser::mobile_with_code("+8613900139000", &code);
    let outcome = world.browser().login_with_code(proof).await;
    assert_eq!(kind(&outcome), "SignedIn", "{outcome}");
}

#[apply(both_backends)]
async fn a_dry_run_lists_every_invalid_row_and_writes_nothing(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "lilei").await;
    let secret = "plain-text-secret";
    let text = format!(
        "username,mobile,email,password_hash,roles,created_at\n\
         good,,,{PBKDF2},,\n\
         wang,13900139,w@,{secret},Boss,never\n\
         lilei,,,,,\n\
         ,13800138000,x@example.com,,,\n\
         GOOD,,,,,\n\
         ,,,{PBKDF2},,\n\
         short\n\
         fine,,fine@example.com,,,\n"
    );
    for more in [&["--dry-run"][..], &[]] {
        let done = import(&world, "users.csv", &text, more).await;
        assert_eq!(done.code, 3, "{done:?}");
        let bad: Vec<(&str, &str)> = done
            .out
            .lines()
            .filter_map(|line| line.split_once(": "))
            .filter(|(line, _)| line.starts_with("line "))
            .collect();
        let expected = [
            ("line 3", "mobile: "),
            ("line 3", "email: "),
            ("line 3", "password_hash: "),
            ("line 3", "roles: "),
            ("line 3", "created_at: "),
            ("line 4", "username: an account has it"),
            ("line 5", "mobile: an account has it"),
            ("line 6", "username: is in line 2 already"),
            ("line 7", "row: "),
            ("line 8", "row: has 1 fields where the first line has 6"),
        ];
        assert_eq!(bad.len(), expected.len(), "{done:?}");
        for ((line, fault), (at, begin)) in bad.into_iter().zip(expected) {
            assert!(line == at && fault.starts_with(begin), "{line}: {fault}, not {at}: {begin}");
        }
        let verb = if more.is_empty() { "written" } else { "would be written" };
        assert_eq!(summary(&done), format!("8 rows read: 2 {verb}, 0 already existed, 6 invalid"));
        for value in [secret, "13900139", "13800138000", "pbkdf2", "x@example.com", "Boss", "never"] {
            assert!(!done.out.contains(value) && !done.err.contains(value), "{value} is shown: {done:?}");
        }
        let there = if more.is_empty() { 3 } else { 1 };
        assert_eq!(world.sql().await.count("users").await, there);
    }
    let mut sql = world.sql().await;
    assert_eq!(
        sql.count("users WHERE username IN ('wang', 'GOOD', 'short')").await,
        0,
        "invalid rows are not written"
    );
    assert_eq!(sql.count("users WHERE email_key = 'x@example.com'").await, 0);
}

/// Returns enough rows for many batches.
fn many_rows(count: usize) -> String {
    let mut text = "username,email,password_hash\n".to_owned();
    for n in 0..count {
        writeln!(text, "person-{n},p{n}@example.com,{PBKDF2}").expect("writing to a string succeeds");
    }
    text
}

#[apply(both_backends)]
async fn a_killed_import_can_be_resumed(#[case] backend: Backend) {
    const PEOPLE: i64 = 4_000;
    let Some(world) = World::start(backend).await else { return };
    let (_folder, path) = file("users.csv", &many_rows(4_000));
    let path = path.display().to_string();
    let mut child = Command::new(env!("CARGO_BIN_EXE_menjin"))
        .args(["import", &path])
        .env_clear()
        .envs(world.variables().iter().cloned())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let mut sql = world.sql().await;
    let deadline = Instant::now() + Duration::from_secs(30);
    while sql.count("users").await == 0 {
        assert!(Instant::now() < deadline, "nothing is written");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    // PostgreSQL rolls back the open transaction of the killed process.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let there = sql.count("users").await;
    assert!(there < PEOPLE, "the import finished before it was killed");
    assert_eq!(there % 500, 0, "whole batches only");
    assert_eq!(sql.count("audit_events").await, there);
    // Without `--resume`, existing users are conflicts. A third run changes nothing.
    let refused = world.operator(&["import", &path, "--dry-run"]).await;
    assert_eq!(refused.code, 3);
    assert_eq!(
        summary(&refused),
        format!("4000 rows read: {} would be written, 0 already existed, {there} invalid", PEOPLE - there)
    );
    let resumed = world.operator(&["import", &path, "--resume"]).await;
    assert_eq!(
        resumed.text().trim(),
        format!("4000 rows read: {} written, {there} already existed, 0 invalid", PEOPLE - there)
    );
    assert_eq!((sql.count("users").await, sql.count("audit_events").await), (PEOPLE, PEOPLE));
    let again = world.operator(&["import", &path, "--resume"]).await;
    assert_eq!(again.text().trim(), "4000 rows read: 0 written, 4000 already existed, 0 invalid");
}

#[apply(both_backends)]
async fn unreadable_files_are_reported(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for (name, text, more, said) in [
        ("users.csv", "name,email\n", &[][..], "column 1 (name) of the first line: none of username"),
        ("users.csv", "", &[], "the first line must name the columns"),
        ("users.txt", "username\nlilei\n", &[], "use --format csv or --format jsonl"),
    ] {
        let done = import(&world, name, text, more).await;
        assert_eq!(done.code, 1, "{done:?}");
        assert!(done.err.contains(said), "{done:?}");
    }
    assert_eq!(world.operator(&["import", "/nowhere/users.csv"]).await.code, 1);
    let done = import(&world, "users.txt", "username\nlilei\n", &["--format", "csv"]).await;
    assert_eq!(summary(&done), "1 rows read: 1 written, 0 already existed, 0 invalid");
    let nothing = import(&world, "users.jsonl", "", &[]).await;
    assert_eq!(nothing.text().trim(), "0 rows read: 0 written, 0 already existed, 0 invalid");
    // Standard error is not a terminal, so no progress is shown.
    assert!(done.err.is_empty() && nothing.err.is_empty(), "{done:?}");
}
