//! Rows against a database of their own. `tests/behaviour/import_cli.rs` plays whole files on both backends.

use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::accounts::import::record::Record;

async fn importer(options: Options) -> (Importer, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("menjin.db").display());
    crate::db::migrate(&url).await.unwrap();
    let db = Db::open(&url, 1, Duration::from_secs(5)).await.unwrap();
    let (clock, random) = (Clock::manual(chrono::DateTime::UNIX_EPOCH), Random::seeded(1));
    let audit = Audit::new(clock.clone(), random.clone());
    (Importer::new(db, vec![Region::China], audit, clock, random, options), folder)
}

#[expect(clippy::unnecessary_wraps, reason = "a row as the reader gives it")]
fn row(line: u64, values: &[(&str, &str)]) -> Row {
    let mut record = Record::at(line);
    for (column, value) in values {
        record.set(column, value);
    }
    Ok(record)
}

/// Line, field and the beginning of the reason.
fn bad(outcome: &Outcome) -> Vec<(u64, &'static str, &str)> {
    outcome.bad.iter().map(|bad| (bad.line, bad.field, bad.reason.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_in_the_file_twice_comes_in_once() {
    let (mut importer, _folder) = importer(Options::default()).await;
    let first = importer
        .take(vec![
            row(2, &[("username", "LiLei"), ("email", "li@example.com")]),
            row(3, &[("username", "lilei"), ("email", "LI@example.com"), ("mobile", "13800138000")]),
            row(4, &[("mobile", "13800138000")]),
        ])
        .await
        .unwrap();
    assert_eq!((first.written, first.bad_rows), (2, 1));
    assert_eq!(bad(&first), [(3, "username", "is in line 2 already"), (3, "email", "is in line 2 already")]);
    // In a later batch too; and a bad row has taken nothing.
    let second = importer
        .take(vec![
            row(5, &[("mobile", "+86 13800138000")]),
            row(6, &[("username", "x"), ("email", "x@example.com")]),
            row(7, &[("email", "x@example.com")]),
        ])
        .await
        .unwrap();
    assert_eq!(second.written, 1);
    assert_eq!(
        bad(&second),
        [(5, "mobile", "is in line 4 already"), (6, "username", "Use at least 3 characters.")]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nicknames_give_way() {
    let (mut importer, _folder) = importer(Options::default()).await;
    let rows = vec![
        row(2, &[("username", "lilei"), ("nickname", "张三")]),
        row(3, &[("username", "hanmei"), ("nickname", "张三")]),
        // Its nickname would be its user name, which is somebody's nickname.
        row(4, &[("username", "third"), ("nickname", "fourth")]),
        row(5, &[("username", "fourth")]),
    ];
    let outcome = importer.take(rows).await.unwrap();
    assert_eq!((outcome.written, outcome.renamed, outcome.bad_rows), (4, 1, 0), "{:?}", outcome.bad);
    let next = importer.take(vec![row(6, &[("username", "sixth"), ("nickname", "张三")])]).await.unwrap();
    assert_eq!((next.written, next.renamed), (1, 1));
    let named = importer.db.find_user_by_username("hanmei").await.unwrap();
    assert!(named.is_none_or(|user| user.nickname.starts_with("张三_")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resumed_run_passes_over_its_own_people_and_no_others() {
    let people = || {
        vec![
            row(2, &[("username", "lilei"), ("email", "li@example.com")]),
            row(3, &[("email", "mei@example.com")]),
        ]
    };
    let (mut first, _folder) = importer(Options::default()).await;
    assert_eq!(first.take(people()).await.unwrap().written, 2);
    let again = |options| {
        let Importer { db, regions, audit, clock, random, .. } = &first;
        Importer::new(db.clone(), regions.clone(), audit.clone(), clock.clone(), random.clone(), options)
    };
    let refused = again(Options::default()).take(people()).await.unwrap();
    assert_eq!((refused.written, refused.there, refused.bad_rows), (0, 0, 2));
    let mut resumed = again(Options { resume: true, dry_run: false });
    let mut rows = people();
    rows.push(row(4, &[("username", "lilei"), ("email", "li@example.com")]));
    // One value of each of two accounts, and an account with a new address.
    rows.push(row(5, &[("username", "wangwu"), ("email", "mei@example.com")]));
    rows.push(row(6, &[("username", "zhaoliu")]));
    let outcome = resumed.take(rows).await.unwrap();
    assert_eq!((outcome.written, outcome.there, outcome.bad_rows), (1, 2, 2));
    assert_eq!(
        bad(&outcome),
        [
            (4, "username", "is in line 2 already"),
            (4, "email", "is in line 2 already"),
            (5, "email", "is in line 3 already")
        ]
    );
    // Not in this file, so only the database knows.
    let mut resumed = again(Options { resume: true, dry_run: false });
    let mixed = vec![
        row(2, &[("username", "lilei"), ("email", "mei@example.com")]),
        row(3, &[("username", "new"), ("email", "mei@example.com")]),
    ];
    let outcome = resumed.take(mixed).await.unwrap();
    assert_eq!(
        bad(&outcome),
        [
            (2, "username", "an account has it"),
            (2, "email", "an account has it"),
            (3, "email", "an account has it")
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_finds_the_same_faults_and_writes_nothing() {
    let (mut importer, _folder) = importer(Options { dry_run: true, resume: false }).await;
    let rows =
        vec![row(2, &[("username", "lilei")]), row(3, &[("username", "LILEI")]), row(4, &[("mobile", "1")])];
    let outcome = importer.take(rows).await.unwrap();
    assert_eq!((outcome.written, outcome.bad_rows), (1, 2));
    assert!(importer.db.find_user_by_username("lilei").await.unwrap().is_none());
    let filter = crate::db::models::UserFilter { limit: 10, ..Default::default() };
    assert!(importer.db.list_users(&filter).await.unwrap().is_empty());
}

/// Between the look and the write somebody registers: the others of the batch come in all the same.
#[tokio::test(flavor = "multi_thread")]
async fn who_registers_in_between_keeps_the_name() {
    let (mut importer, _folder) = importer(Options::default()).await;
    importer
        .take(vec![row(2, &[("username", "lilei"), ("nickname", "张三"), ("mobile", "13800138000")])])
        .await
        .unwrap();
    let candidate = |line, values: &[(&str, &str)]| {
        let record = row(line, values).ok().unwrap();
        let now = importer.clock.now();
        let account = row::account(&record, &importer.regions, now).ok().unwrap();
        let row = account.row(now, &importer.random);
        Candidate { line, account, row }
    };
    let good = vec![
        candidate(3, &[("username", "LiLei")]),
        candidate(4, &[("username", "hanmei"), ("nickname", "张三")]),
        candidate(5, &[("mobile", "13800138000")]),
        candidate(6, &[("email", "x@example.com")]),
    ];
    let mut outcome = Outcome::default();
    importer.write(good, &mut outcome).await.unwrap();
    assert_eq!((outcome.written, outcome.bad_rows), (2, 2));
    assert_eq!(bad(&outcome), [(3, "username", "an account has it"), (5, "mobile", "an account has it")]);
}
