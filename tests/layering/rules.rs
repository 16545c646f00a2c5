//! The rules. Each returns its violations, one line per violation, which starts with file and line.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Crate, Reference, SourceFile};

/// The rooms from top to bottom, and the rooms below that each of them may import. `sessions::keys` would allow that
/// module alone. `parts` and `base` stand for the rooms that [`GROUPS`] lists.
pub const ROOMS: &str = "
    main         -> cli
    cli          -> app, graphql, social, accounts, webhooks, parts, base
    app          -> http, graphql, sandbox, social, accounts, webhooks, parts, base
    http         -> graphql, social::form_callback, delivery::receipts, delivery::sms, sessions, captcha, base
    sandbox      -> db, outcome, config, core
    graphql      -> social, accounts, verification, delivery, sessions, passwords, limits, captcha,
                    outcome, db::identities, db::models, config, core
    social       -> accounts, parts, base
    accounts     -> parts, base
    verification -> delivery, kit, audit, limits, captcha, base
    delivery     -> base
    sessions     -> webhooks, kit, audit, limits, base
    passwords    -> base
    webhooks     -> audit, base
    captcha      -> kit, limits, base
    kit          -> audit, limits, base
    audit        -> base
    limits       -> base
    ephemeral    -> config, core
    db           -> outcome, config, core
    config       -> core
    outcome      -> core
    core         ->
";

const GROUPS: &[(&str, &str)] = &[
    ("parts", "verification, delivery, sessions, passwords, captcha, kit, audit, limits"),
    ("base", "outcome, config, db, ephemeral, core"),
];

/// A framework, its crates, and the files that may use them. A path that ends in `/` is a folder.
struct Framework {
    name: &'static str,
    crates: &'static [&'static str],
    places: &'static [&'static str],
    /// The number of files elsewhere that may use it.
    elsewhere: usize,
}

const FRAMEWORKS: &[Framework] = &[
    Framework {
        name: "async_graphql",
        crates: &["async_graphql", "async_graphql_axum"],
        places: &["graphql/", "http/graphql.rs"],
        elsewhere: 0,
    },
    Framework {
        name: "axum",
        crates: &["axum", "axum_core", "axum_extra", "async_graphql_axum"],
        places: &["http/", "sandbox/", "app/"],
        elsewhere: 0,
    },
    Framework {
        name: "reqwest",
        crates: &["reqwest"],
        places: &["delivery/sms/", "captcha/", "social/providers/", "webhooks/client.rs"],
        elsewhere: 1, // the shared HTTP client
    },
    Framework {
        name: "diesel",
        crates: &["diesel", "diesel_async", "diesel_migrations"],
        places: &["db/"],
        elsewhere: 0,
    },
    Framework { name: "std::env", crates: &["std::env"], places: &["config/"], elsewhere: 0 },
];

/// The number of lines that a file may have.
pub const LONGEST: usize = 400;

/// Files that may include the files of another folder by `#[path]`.
const PATH_ATTRIBUTES: &[&str] = &["db/pg/mod.rs", "db/sqlite/mod.rs"];

/// A row of [`ROOMS`]: a room, and what it may import.
type Row = (&'static str, Vec<&'static str>);

/// Reads a table like [`ROOMS`].
fn rows(table: &'static str) -> Vec<Row> {
    let group = |name| GROUPS.iter().find(|(group, _)| *group == name).map_or(name, |(_, rooms)| *rooms);
    let words = |text: &'static str| text.split(',').map(str::trim).filter(|word| !word.is_empty());
    let mut rows: Vec<Row> = Vec::new();
    for line in table.lines() {
        let (start, rest) = line.split_once("->").unwrap_or(("", line));
        if !start.is_empty() {
            rows.push((start.trim(), Vec::new()));
        }
        if let Some((_, imports)) = rows.last_mut() {
            imports.extend(words(rest).flat_map(|name| words(group(name))));
        }
    }
    rows
}

/// Returns the room of a file: its folder, or the file itself.
fn room_of(path: &str) -> &str {
    path.split('/').next().unwrap_or(path).trim_end_matches(".rs")
}

fn at(file: &SourceFile, line: usize) -> String {
    format!("src/{}:{line}", file.path)
}

/// A room imports only what its row in [`ROOMS`] allows. Tests may use every room.
pub fn dependencies(code: &Crate) -> Vec<String> {
    let rooms = rows(ROOMS);
    let mut violations = BTreeSet::new();
    for file in code.files.iter().filter(|file| file.path != "lib.rs") {
        let from = room_of(&file.path);
        let Some((_, imports)) = rooms.iter().find(|(room, _)| *room == from) else {
            violations.insert(format!("{}: the table of rooms has no row for {from}", at(file, 1)));
            continue;
        };
        for reference in file.references.iter().filter(|reference| !reference.test) {
            for target in code.targets(file, reference) {
                if target.file.path == "lib.rs" || target.path.first().is_none_or(|to| to == from) {
                    continue;
                }
                let path = target.path.join("::");
                if !imports.iter().any(|allowed| is_within(&path, allowed)) {
                    violations.insert(format!("{}: {from} must not import {path}", at(file, reference.line)));
                }
            }
        }
    }
    violations.into_iter().collect()
}

/// Whether a path is `parent` or something inside it.
fn is_within(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Each row of a table like [`ROOMS`] names only rows below it.
pub fn order(table: &'static str) -> Vec<String> {
    let rooms = rows(table);
    let mut violations = Vec::new();
    for (index, (room, imports)) in rooms.iter().enumerate() {
        for import in imports {
            if !rooms[index + 1..].iter().any(|(below, _)| is_within(import, below)) {
                violations.push(format!("{room} -> {import} does not point to a row below"));
            }
        }
    }
    violations
}

/// There is no cycle of rooms.
pub fn room_cycles(code: &Crate) -> Vec<String> {
    cycles(&edges(code, |from, to| {
        let (from, to) = (room_of(&from.path), room_of(&to.path));
        (from != to).then(|| (from.to_owned(), to.to_owned()))
    }))
}

/// There is no cycle of files inside a room.
pub fn file_cycles(code: &Crate) -> Vec<String> {
    cycles(&edges(code, |from, to| {
        let inside = room_of(&from.path) == room_of(&to.path) && from.path != to.path;
        inside.then(|| (from.path.clone(), to.path.clone()))
    }))
}

/// Importing node -> imported node -> the place of the import.
type Edges = BTreeMap<String, BTreeMap<String, String>>;

/// Returns what the code imports from itself, except in tests, which nothing can import.
fn edges(code: &Crate, edge: impl Fn(&SourceFile, &SourceFile) -> Option<(String, String)>) -> Edges {
    let mut edges = Edges::new();
    for file in code.files.iter().filter(|file| file.path != "lib.rs") {
        for reference in file.references.iter().filter(|reference| !reference.test && !reference.in_macro) {
            for target in code.targets(file, reference) {
                if target.file.path == "lib.rs" {
                    continue;
                }
                if let Some((from, to)) = edge(file, target.file) {
                    let place = at(file, reference.line);
                    edges.entry(from).or_default().entry(to).or_insert(place);
                }
            }
        }
    }
    edges
}

/// Returns a violation for each cycle that a depth-first search finds.
fn cycles(edges: &Edges) -> Vec<String> {
    fn visit<'a>(
        edges: &'a Edges,
        trail: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
        out: &mut Vec<String>,
    ) {
        let Some(node) = trail.last().copied() else { return };
        for to in edges.get(node).into_iter().flat_map(BTreeMap::keys) {
            if let Some(start) = trail.iter().position(|seen| seen == to) {
                let cycle = &trail[start..];
                let next = cycle[1..].iter().chain([&cycle[0]]);
                let steps = cycle
                    .iter()
                    .zip(next)
                    .map(|(from, to)| format!("{} ({from} -> {to})", edges[*from][*to]));
                out.push(format!("{}: a cycle", steps.collect::<Vec<_>>().join(", ")));
            } else if !done.contains(to.as_str()) {
                trail.push(to);
                visit(edges, trail, done, out);
                trail.pop();
            }
        }
        done.insert(node);
    }
    let (mut done, mut out) = (BTreeSet::new(), Vec::new());
    for node in edges.keys() {
        if !done.contains(node.as_str()) {
            visit(edges, &mut vec![node], &mut done, &mut out);
        }
    }
    out
}

/// A framework is used only in its places. Tests may use every framework.
pub fn frameworks(code: &Crate) -> Vec<String> {
    let mut violations = Vec::new();
    for framework in FRAMEWORKS {
        let mut others: BTreeMap<&str, String> = BTreeMap::new();
        for file in &code.files {
            let home = |place: &str| match place.strip_suffix('/') {
                Some(_) => file.path.starts_with(place),
                None => file.path == place,
            };
            if framework.places.iter().any(|place| home(place)) {
                continue;
            }
            let names = |reference: &&Reference| {
                let path = reference.segments.join("::");
                let mut crates = framework.crates.iter();
                !reference.test && crates.any(|name| path == *name || path.starts_with(&format!("{name}::")))
            };
            if let Some(reference) = file.references.iter().find(names) {
                others.insert(&file.path, at(file, reference.line));
            }
        }
        if others.len() > framework.elsewhere {
            violations.extend(others.values().map(|place| {
                format!("{place}: {} may be used in {} only", framework.name, framework.places.join(", "))
            }));
        }
    }
    violations
}

/// A file does not import what a `mod.rs` above it only re-exports: it names the file that defines it.
pub fn reexports(code: &Crate) -> Vec<String> {
    let mut violations = BTreeSet::new();
    for file in &code.files {
        for reference in file.references.iter().filter(|reference| !reference.in_macro) {
            for target in code.targets(file, reference) {
                let folder = target.file.path.strip_suffix("mod.rs").unwrap_or("/");
                let own = file.path.starts_with(folder) && file.path != target.file.path;
                let Some(name) = target.rest.first().filter(|_| own) else {
                    continue;
                };
                let glob = name == "*" && !target.file.reexports.is_empty() && !reference.test;
                if glob || target.file.reexports.contains(name) {
                    violations.insert(format!(
                        "{}: {name} comes from src/{}, which only re-exports it; import the file that defines it",
                        at(file, reference.line),
                        target.file.path
                    ));
                }
            }
        }
    }
    violations.into_iter().collect()
}

/// `#[path]` is used only where one folder is compiled for two backends.
pub fn path_attributes(code: &Crate) -> Vec<String> {
    let others = code.files.iter().filter(|file| !PATH_ATTRIBUTES.contains(&file.path.as_str()));
    let children = others.flat_map(|file| file.children.iter().map(move |child| (file, child)));
    children
        .filter(|(_, child)| child.path.is_some())
        .map(|(file, child)| format!("{}: #[path] is for db/pg and db/sqlite only", at(file, child.line)))
        .collect()
}

/// A file has at most [`LONGEST`] lines.
pub fn lengths<'a>(folder: &str, files: impl IntoIterator<Item = (&'a str, usize)>) -> Vec<String> {
    let long = files.into_iter().filter(|(_, lines)| *lines > LONGEST);
    long.map(|(path, lines)| {
        format!("{folder}/{path}:{LONGEST}: the file has {lines} lines, {LONGEST} are the limit")
    })
    .collect()
}
