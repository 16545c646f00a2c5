//! Proves the plan of the house: which way the arrows run, that there are no circles, where frameworks may be named,
//! and how long a file may be. Every rule is also tried on a bad source, so that a rule that sees nothing is noticed.

mod layering {
    pub mod rules;
    pub mod source;
    pub mod tokens;
}

use std::path::Path;

use layering::rules;
use layering::source::{House, rust_files};

fn folder(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn house() -> House {
    let house = House::read(&folder("src"));
    assert!(house.sources.len() > 40, "the source was not found");
    house
}

#[track_caller]
fn none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// The faults of a made-up house must be exactly those that begin with these places.
#[track_caller]
fn faults(rule: fn(&House) -> Vec<String>, files: &[(&str, &str)], places: &[&str]) {
    let faults = rule(&House::of(files.iter().copied()));
    let met = places.iter().all(|place| faults.iter().any(|fault| fault.contains(place)));
    assert!(met && faults.len() == places.len(), "expected {places:?}, found {faults:#?}");
}

#[test]
fn arrows_point_down() {
    none(&rules::arrows(&house()));
    none(&rules::table());
}

#[test]
fn an_arrow_that_points_up_is_seen() {
    let house = [
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
        "src/cellar/mod.rs:1: the room cellar",
        "src/main.rs:1: main must not import http::run",
    ];
    let faults = rules::arrows(&House::of(house));
    for fault in &expected {
        assert!(faults.iter().any(|found| found.starts_with(fault)), "{fault} is missing in {faults:#?}");
    }
    assert_eq!(faults.len(), expected.len(), "{faults:#?}");
}

#[test]
fn there_are_no_circles() {
    let house = house();
    none(&rules::room_circles(&house));
    none(&rules::file_circles(&house));
}

#[test]
fn circles_are_seen() {
    let rooms = [
        ("a/mod.rs", "use crate::b::B;"),
        ("b/mod.rs", "use crate::c::C;"),
        ("c/mod.rs", "\nuse crate::a::A;"),
    ];
    faults(
        rules::room_circles,
        &rooms,
        &["src/a/mod.rs:1 (a -> b), src/b/mod.rs:1 (b -> c), src/c/mod.rs:2 (c -> a)"],
    );
    let files = [
        ("a/mod.rs", "mod one;\nmod two;\npub use one::One;"),
        ("a/one.rs", "use super::two::Two;"),
        ("a/two.rs", "fn f() { crate::a::one::g() }\nmod inner {\n    use super::super::one::One;\n}"),
    ];
    faults(rules::file_circles, &files, &["(a/one.rs -> a/two.rs), src/a/two.rs:1"]);
    let through_mod = [("a/mod.rs", "mod one;\npub use one::One;"), ("a/one.rs", "use super::Defined;")];
    faults(rules::file_circles, &through_mod, &["src/a/mod.rs:2"]);
    let tests = [
        ("a/one.rs", "#[cfg(test)]\nmod tests {\n    use super::super::two::Two;\n}\nuse self::tests::x;"),
        ("a/two.rs", "use super::one::One;"),
    ];
    faults(rules::file_circles, &tests, &[]);
}

#[test]
fn a_folder_compiled_twice_stands_below_both_its_owners() {
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
    faults(rules::file_circles, &files, &[]);
    let mut bad = files;
    bad[4].1 = "use super::super::super::Db;";
    faults(rules::file_circles, &bad, &["db/queries/users.rs:1 (db/queries/users.rs -> db/mod.rs)"]);
}

#[test]
fn frameworks_stay_in_their_rooms() {
    none(&rules::frameworks(&house()));
}

#[test]
fn a_framework_elsewhere_is_seen() {
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
        ("app.rs", "use axum::Router;\nuse reqwest::Client;"),
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
    faults(rules::frameworks, &files, &expected);
    let clients = [("app.rs", "use reqwest::Client;"), ("client.rs", "use reqwest::Client;")];
    faults(rules::frameworks, &clients, &["src/app.rs:1: reqwest", "src/client.rs:1: reqwest"]);
}

#[test]
fn siblings_are_imported_from_their_own_file() {
    none(&rules::siblings(&house()));
}

#[test]
fn an_import_of_the_folders_own_reexport_is_seen() {
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
    faults(rules::siblings, &files, &expected);
}

#[test]
fn only_the_two_backends_use_the_path_attribute() {
    none(&rules::path_attributes(&house()));
}

#[test]
fn a_path_attribute_elsewhere_is_seen() {
    let files = [
        ("db/pg/mod.rs", "#[path = \"../queries/mod.rs\"]\npub mod queries;"),
        ("accounts/mod.rs", "\n#[path = \"elsewhere.rs\"]\nmod here;\nmod there;"),
    ];
    faults(rules::path_attributes, &files, &["src/accounts/mod.rs:3: #[path]"]);
}

#[test]
fn no_file_is_too_long() {
    for name in ["src", "tests"] {
        let files = rust_files(&folder(name));
        none(&rules::lengths(name, files.iter().map(|(path, text)| (path.as_str(), text.lines().count()))));
    }
}

#[test]
fn a_file_that_is_too_long_is_seen() {
    let faults = rules::lengths("src", [("a.rs", rules::LONGEST), ("b.rs", rules::LONGEST + 1)]);
    assert_eq!(faults, ["src/b.rs:400: the file has 401 lines, 400 are the limit"]);
}
