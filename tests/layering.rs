//! Checks the architecture: which room may import which, that there are no cycles, where frameworks may be used, and
//! how long a file may be. Each rule also has a test with bad source code, so that a rule that detects nothing fails.

mod layering {
    pub mod rules;
    pub mod source;
}

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use layering::rules;
use layering::source::{Crate, rust_files};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Returns the code of `src`.
fn menjin() -> &'static Crate {
    static CODE: LazyLock<Crate> = LazyLock::new(|| Crate::read(&folder("src")));
    assert!(CODE.files.len() > 40, "the source files were not found");
    &CODE
}

#[track_caller]
fn no_violations(violations: &[String]) {
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}

/// Asserts that `rule` finds in `files` one violation for each of `expected`, which it contains, and no other.
#[track_caller]
fn finds(rule: fn(&Crate) -> Vec<String>, files: &[(&str, &str)], expected: &[&str]) {
    let found = rule(&Crate::of(files.iter().copied()));
    let all = expected.iter().all(|part| found.iter().any(|violation| violation.contains(part)));
    assert!(all && found.len() == expected.len(), "expected {expected:#?}, found {found:#?}");
}

#[test]
fn rooms_import_only_what_the_table_allows() {
    no_violations(&rules::dependencies(menjin()));
}

#[test]
fn the_table_of_rooms_points_down() {
    no_violations(&rules::order(rules::ROOMS));
}

#[test]
fn a_row_that_points_up_is_found() {
    let violations = rules::order("graphql -> db::models, config\nconfig -> graphql, config, cellar\ndb ->");
    let expected = ["config -> graphql", "config -> config", "config -> cellar"];
    assert!(
        expected.iter().all(|row| violations.iter().any(|found| found.starts_with(row))),
        "{violations:#?}"
    );
    assert_eq!(violations.len(), expected.len(), "{violations:#?}");
}

#[test]
fn an_import_that_the_table_does_not_allow_is_found() {
    let files = [
        ("core/mod.rs", "pub mod clock;\npub mod ids;"),
        ("core/clock.rs", "use crate::db::Db;\n"),
        ("core/ids.rs", "// use crate::db::Db;\nconst A: &str = \"crate::db::Db\";\n/* crate::db /* x */ */"),
        ("db/mod.rs", "use crate::core::clock;\nuse std::fmt;\n"),
        ("limits/mod.rs", "fn f() -> u8 {\n    crate::accounts::login::PLACES\n}\n"),
        (
            "accounts/mod.rs",
            "use {\n    crate::core::ids,\n    crate::{\n        db::Db,\n        graphql::{self, sdl},\n    },\n};",
        ),
        ("graphql/mod.rs", "use crate::db::models::User;\nuse crate::db::Db;\nuse super::http;\n"),
        ("http/mod.rs", "macro_rules! m { () => { $crate::accounts::x() } }\nuse crate::graphql::sdl;"),
        ("audit.rs", "macro_rules! m { () => { mod a { use crate::{core::ids, accounts::{x, y}}; } } }"),
        ("cellar/mod.rs", ""),
        ("main.rs", "fn main() { menjin::http::run(); menjin::cli::run() }"),
    ];
    let expected = [
        "src/core/clock.rs:1: core must not import db::Db",
        "src/limits/mod.rs:2: limits must not import accounts::login::PLACES",
        "src/accounts/mod.rs:5: accounts must not import graphql",
        "src/accounts/mod.rs:5: accounts must not import graphql::sdl",
        "src/graphql/mod.rs:2: graphql must not import db::Db",
        "src/graphql/mod.rs:3: graphql must not import http",
        "src/http/mod.rs:1: http must not import accounts::x",
        "src/audit.rs:1: audit must not import accounts",
        "src/audit.rs:1: audit must not import accounts::x",
        "src/audit.rs:1: audit must not import accounts::y",
        "src/cellar/mod.rs:1: the table of rooms has no row for cellar",
        "src/main.rs:1: main must not import http::run",
    ];
    finds(rules::dependencies, &files, &expected);
}

#[test]
fn there_are_no_cycles() {
    no_violations(&rules::room_cycles(menjin()));
    no_violations(&rules::file_cycles(menjin()));
}

#[test]
fn cycles_are_found() {
    let rooms = [
        ("a/mod.rs", "use crate::b::B;"),
        ("b/mod.rs", "use crate::c::C;"),
        ("c/mod.rs", "\nuse crate::a::A;"),
    ];
    finds(
        rules::room_cycles,
        &rooms,
        &["src/a/mod.rs:1 (a -> b), src/b/mod.rs:1 (b -> c), src/c/mod.rs:2 (c -> a)"],
    );
    let files = [
        ("a/mod.rs", "mod one;\nmod two;\npub use one::One;"),
        ("a/one.rs", "use super::two::Two;"),
        ("a/two.rs", "fn f() { crate::a::one::g() }\nmod inner {\n    use super::super::one::One;\n}"),
    ];
    finds(rules::file_cycles, &files, &["(a/one.rs -> a/two.rs), src/a/two.rs:1"]);
    let through_mod = [("a/mod.rs", "mod one;\npub use one::One;"), ("a/one.rs", "use super::Defined;")];
    finds(rules::file_cycles, &through_mod, &["src/a/mod.rs:2"]);
    let tests = [
        ("a/one.rs", "#[cfg(test)]\nmod tests {\n    use super::super::two::Two;\n}\nuse self::tests::x;"),
        ("a/two.rs", "use super::one::One;"),
    ];
    finds(rules::file_cycles, &tests, &[]);
}

#[test]
fn a_folder_that_is_compiled_twice_is_below_both_of_its_parents() {
    let files = [
        (
            "db/mod.rs",
            "mod pg;\nmod sqlite;\nfn f() { pg::queries::users::find(); sqlite::queries::users::find() }",
        ),
        ("db/pg/mod.rs", "#[path = \"../queries/mod.rs\"]\npub mod queries;\npub struct Conn;"),
        ("db/sqlite/mod.rs", "#[path = \"../queries/mod.rs\"]\npub mod queries;\npub struct Conn;"),
        ("db/queries/mod.rs", "use super::Conn;\npub mod users;"),
        ("db/queries/users.rs", "use super::Conn;"),
    ];
    finds(rules::file_cycles, &files, &[]);
    let mut bad = files;
    bad[4].1 = "use super::super::super::Db;";
    finds(rules::file_cycles, &bad, &["db/queries/users.rs:1 (db/queries/users.rs -> db/mod.rs)"]);
}

#[test]
fn frameworks_are_used_only_in_their_places() {
    no_violations(&rules::frameworks(menjin()));
}

#[test]
fn a_framework_elsewhere_is_found() {
    let files = [
        ("accounts/login.rs", "use async_graphql::Enum;"),
        ("accounts/me.rs", "\n#[derive(async_graphql::SimpleObject)]\nstruct A;"),
        ("http/graphql.rs", "use async_graphql::Schema;\nuse async_graphql_axum::GraphQLRequest;"),
        ("http/router.rs", "use axum::Router;\nuse async_graphql::Schema;"),
        ("sessions/keys.rs", "use axum::Json;\n#[cfg(test)]\nmod tests {\n    use axum::Router;\n}"),
        ("limits/mod.rs", "use diesel_async::RunQueryDsl;"),
        ("core/clock.rs", "use std::{env, fs};"),
        ("core/ids.rs", "fn f() { std::env::var(\"A\"); env!(\"B\"); }"),
        ("captcha/turnstile.rs", "use reqwest::Client;"),
        ("app/mod.rs", "use axum::Router;"),
        ("passwords/mod.rs", "#[cfg(test)]\nmod tests { use axum::Router; }"),
        ("delivery/sms/mod.rs", "use reqwest::{Client};"),
        (
            "graphql/a.rs",
            "use async_graphql::Enum; fn f() { \"axum::Router\"; let diesel = r#\"diesel::x\"#; }",
        ),
    ];
    let expected = [
        "src/accounts/login.rs:1: async_graphql",
        "src/accounts/me.rs:2: async_graphql",
        "src/http/router.rs:2: async_graphql",
        "src/sessions/keys.rs:1: axum",
        "src/limits/mod.rs:1: diesel",
        "src/core/clock.rs:1: std::env",
        "src/core/ids.rs:1: std::env",
    ];
    finds(rules::frameworks, &files, &expected);
    let clients = [("app.rs", "use reqwest::Client;"), ("client.rs", "use reqwest::Client;")];
    finds(rules::frameworks, &clients, &["src/app.rs:1: reqwest", "src/client.rs:1: reqwest"]);
}

#[test]
fn files_are_imported_directly() {
    no_violations(&rules::reexports(menjin()));
}

#[test]
fn an_import_of_a_reexport_of_the_same_folder_is_found() {
    let files = [
        ("a/mod.rs", "mod one;\nmod two;\npub use one::{One, Uno as Eins};\npub struct Own;\nuse two::Two;"),
        ("a/one.rs", "use super::two::Two;\nuse super::Own;\nmod tests { use super::*; }"),
        (
            "a/two.rs",
            "use super::{One,\n    Eins};\nuse super::Two;\n#[cfg(test)]\nmod tests { use super::*; }",
        ),
        ("a/three.rs", "use super::*;"),
        ("a/deep/four.rs", "fn f() -> crate::a::One {}"),
        ("b/mod.rs", "use crate::a::One;\nmacro_rules! m { () => { $crate::a::One } }"),
    ];
    let expected = [
        "src/a/two.rs:1: One comes",
        "src/a/two.rs:2: Eins comes",
        "src/a/three.rs:1: *",
        "src/a/deep/four.rs:1: One comes",
    ];
    finds(rules::reexports, &files, &expected);
}

#[test]
fn only_the_two_backends_use_the_path_attribute() {
    no_violations(&rules::path_attributes(menjin()));
}

#[test]
fn a_path_attribute_elsewhere_is_found() {
    let files = [
        ("db/pg/mod.rs", "#[path = \"../queries/mod.rs\"]\npub mod queries;"),
        ("accounts/mod.rs", "\n#[path = \"elsewhere.rs\"]\nmod here;\nmod there;"),
    ];
    finds(rules::path_attributes, &files, &["src/accounts/mod.rs:3: #[path]"]);
}

#[test]
fn no_file_is_too_long() {
    for name in ["src", "tests"] {
        let files = rust_files(&folder(name));
        no_violations(&rules::lengths(
            name,
            files.iter().map(|(path, text)| (path.as_str(), text.lines().count())),
        ));
    }
}

#[test]
fn a_file_that_is_too_long_is_found() {
    let violations = rules::lengths("src", [("a.rs", rules::LONGEST), ("b.rs", rules::LONGEST + 1)]);
    assert_eq!(violations, ["src/b.rs:400: the file has 401 lines, 400 are the limit"]);
}
