//! The rules. Each returns its faults, one line each, beginning with file and line.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{House, Mention, Source};

/// What all features stand on.
const BASE: &[&str] = &["outcome", "config", "core", "db", "ephemeral"];

/// What each room may import, besides what is in [`BASE`] where `base` says so. `*` is everything but what stands
/// above. A row `a::b` allows that module alone.
struct Room {
    name: &'static str,
    base: bool,
    may: &'static [&'static str],
}

const fn room(name: &'static str, base: bool, may: &'static [&'static str]) -> Room {
    Room { name, base, may }
}

/// From the top of the house to its ground; every arrow points to a later row.
const ROOMS: &[Room] = &[
    room("main", false, &["cli"]),
    room(
        "cli",
        true,
        &[
            "kit",
            "audit",
            "app",
            "graphql",
            "social",
            "accounts",
            "verification",
            "delivery",
            "sessions",
            "passwords",
            "limits",
            "captcha",
        ],
    ),
    room(
        "app",
        true,
        &[
            "kit",
            "audit",
            "http",
            "graphql",
            "sandbox",
            "social",
            "accounts",
            "verification",
            "delivery",
            "sessions",
            "passwords",
            "limits",
            "captcha",
        ],
    ),
    // The published keys need `sessions`; readiness asks both stores; what proxies and services ask is no GraphQL, so
    // its use cases are called from here, and so is that of forms that providers post.
    room(
        "http",
        true,
        &["graphql", "accounts::service_clients", "accounts::verify", "sessions", "social::form_callback"],
    ),
    room("sandbox", false, &["db", "config", "core"]),
    room(
        "graphql",
        false,
        &[
            "outcome",
            "social",
            "accounts",
            "verification",
            "delivery",
            "sessions",
            "passwords",
            "limits",
            "captcha",
            "db::identities",
            "db::models",
            "config",
            "core",
        ],
    ),
    room(
        "social",
        true,
        &[
            "accounts",
            "verification",
            "delivery",
            "sessions",
            "passwords",
            "kit",
            "audit",
            "limits",
            "captcha",
        ],
    ),
    room(
        "accounts",
        true,
        &["verification", "delivery", "sessions", "passwords", "kit", "audit", "limits", "captcha"],
    ),
    room("verification", true, &["delivery", "kit", "audit", "limits", "captcha"]),
    room("delivery", true, &[]),
    room("sessions", true, &["kit", "audit", "limits"]),
    room("kit", true, &["audit", "limits"]),
    room("audit", true, &[]),
    room("passwords", true, &[]),
    room("limits", true, &[]),
    room("captcha", true, &[]),
    room("ephemeral", false, &["config", "core"]),
    room("db", false, &["outcome", "config", "core"]),
    room("config", false, &["core"]),
    room("outcome", false, &["core"]),
    room("core", false, &[]),
];

/// A framework, the crates that are it, and the files that may name them. A path that ends in `/` is a folder.
struct Framework {
    name: &'static str,
    crates: &'static [&'static str],
    places: &'static [&'static str],
    /// How many files elsewhere may name it.
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
        places: &["http/", "sandbox/", "app.rs"],
        elsewhere: 0,
    },
    Framework {
        name: "reqwest",
        crates: &["reqwest"],
        places: &["delivery/sms/", "captcha/", "social/providers/"],
        elsewhere: 1, // the one client
    },
    Framework {
        name: "diesel",
        crates: &["diesel", "diesel_async", "diesel_migrations"],
        places: &["db/"],
        elsewhere: 0,
    },
    Framework { name: "std::env", crates: &["std::env"], places: &["config/"], elsewhere: 0 },
];

/// Lines a file may have.
pub const LONGEST: usize = 400;

/// Files that may compile another folder's files as their own.
const PATH_ATTRIBUTES: &[&str] = &["db/pg/mod.rs", "db/sqlite/mod.rs"];

/// The room of a file: its folder, or the file itself.
fn room_of(path: &str) -> &str {
    path.split('/').next().unwrap_or(path).trim_end_matches(".rs")
}

fn at(source: &Source, line: usize) -> String {
    format!("src/{}:{line}", source.path)
}

/// Every arrow stands in [`ROOMS`]. Tests may build what they need from any room.
pub fn arrows(house: &House) -> Vec<String> {
    let mut faults = BTreeSet::new();
    for source in house.sources.iter().filter(|source| source.path != "lib.rs") {
        let from = room_of(&source.path);
        let Some(room) = ROOMS.iter().find(|room| room.name == from) else {
            faults.insert(format!("{}: the room {from} is not in the table of arrows", at(source, 1)));
            continue;
        };
        for mention in source.mentions.iter().filter(|mention| !mention.test) {
            for target in house.targets(source, mention) {
                let Some(to) = target.path.first().filter(|to| target.source.path != "lib.rs" && *to != from)
                else {
                    continue;
                };
                let path = target.path.join("::");
                let under = |allowed: &&str| path == **allowed || path.starts_with(&format!("{allowed}::"));
                let allowed = room.may.iter().any(under) || room.base && BASE.contains(&to.as_str());
                if !allowed {
                    faults.insert(format!("{}: {from} must not import {path}", at(source, mention.line)));
                }
            }
        }
    }
    faults.into_iter().collect()
}

/// The table itself points one way.
pub fn table() -> Vec<String> {
    let position = |name: &str| ROOMS.iter().position(|room| room.name == name);
    let mut faults = Vec::new();
    for (index, room) in ROOMS.iter().enumerate() {
        let base = if room.base { BASE } else { &[] };
        for to in room.may.iter().chain(base) {
            let to = to.split("::").next().unwrap_or(to);
            if position(to).is_none_or(|to| to <= index) {
                faults.push(format!("{} -> {to} points up, or nowhere", room.name));
            }
        }
    }
    faults
}

/// No circle among rooms.
pub fn room_circles(house: &House) -> Vec<String> {
    circles(&edges(house, |from, to| {
        let (from, to) = (room_of(&from.path), room_of(&to.path));
        (from != to).then(|| (from.to_owned(), to.to_owned()))
    }))
}

/// No circle among the files of a room.
pub fn file_circles(house: &House) -> Vec<String> {
    circles(&edges(house, |from, to| {
        let inside = room_of(&from.path) == room_of(&to.path) && from.path != to.path;
        inside.then(|| (from.path.clone(), to.path.clone()))
    }))
}

/// From, to, and where that is written.
type Edges = BTreeMap<String, BTreeMap<String, String>>;

/// What the compiled code imports. Tests are left out: nothing can import them.
fn edges(house: &House, edge: impl Fn(&Source, &Source) -> Option<(String, String)>) -> Edges {
    let mut edges = Edges::new();
    for source in house.sources.iter().filter(|source| source.path != "lib.rs") {
        for mention in source.mentions.iter().filter(|mention| !mention.test && !mention.in_macro) {
            for target in house.targets(source, mention) {
                if target.source.path == "lib.rs" {
                    continue;
                }
                if let Some((from, to)) = edge(source, target.source) {
                    let place = at(source, mention.line);
                    edges.entry(from).or_default().entry(to).or_insert(place);
                }
            }
        }
    }
    edges
}

/// One fault for each circle that a walk from every node meets first.
fn circles(edges: &Edges) -> Vec<String> {
    fn visit<'a>(
        edges: &'a Edges,
        trail: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
        out: &mut Vec<String>,
    ) {
        let Some(node) = trail.last().copied() else { return };
        for to in edges.get(node).into_iter().flat_map(BTreeMap::keys) {
            if let Some(start) = trail.iter().position(|seen| seen == to) {
                let circle = &trail[start..];
                let next = circle[1..].iter().chain([&circle[0]]);
                let steps = circle
                    .iter()
                    .zip(next)
                    .map(|(from, to)| format!("{} ({from} -> {to})", edges[*from][*to]));
                out.push(format!("{}: a circle", steps.collect::<Vec<_>>().join(", ")));
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

/// Frameworks stay in their rooms. Tests may use what they like: a stub server, a variable that names a database.
pub fn frameworks(house: &House) -> Vec<String> {
    let mut faults = Vec::new();
    for framework in FRAMEWORKS {
        let mut strangers: BTreeMap<&str, String> = BTreeMap::new();
        for source in &house.sources {
            let home = |place: &str| match place.strip_suffix('/') {
                Some(_) => source.path.starts_with(place),
                None => source.path == place,
            };
            if framework.places.iter().any(|place| home(place)) {
                continue;
            }
            let names = |mention: &&Mention| {
                let path = mention.segments.join("::");
                let mut crates = framework.crates.iter();
                !mention.test && crates.any(|name| path == *name || path.starts_with(&format!("{name}::")))
            };
            if let Some(mention) = source.mentions.iter().find(names) {
                strangers.insert(&source.path, at(source, mention.line));
            }
        }
        if strangers.len() > framework.elsewhere {
            faults.extend(strangers.values().map(|place| {
                format!("{place}: {} belongs into {} only", framework.name, framework.places.join(", "))
            }));
        }
    }
    faults
}

/// Inside a folder nobody imports what the folder's own `mod.rs` hands on: the sibling file is named.
pub fn siblings(house: &House) -> Vec<String> {
    let mut faults = BTreeSet::new();
    for source in &house.sources {
        for mention in source.mentions.iter().filter(|mention| !mention.in_macro) {
            for target in house.targets(source, mention) {
                let folder = target.source.path.strip_suffix("mod.rs").unwrap_or("/");
                let own = source.path.starts_with(folder) && source.path != target.source.path;
                let Some(name) = target.rest.first().filter(|_| own) else {
                    continue;
                };
                let glob = name == "*" && !target.source.reexports.is_empty() && !mention.test;
                if glob || target.source.reexports.contains(name) {
                    faults.insert(format!(
                        "{}: {name} comes from src/{}, which only hands it on; import the file that defines it",
                        at(source, mention.line),
                        target.source.path
                    ));
                }
            }
        }
    }
    faults.into_iter().collect()
}

/// `#[path]` stands only where one folder is compiled for two backends.
pub fn path_attributes(house: &House) -> Vec<String> {
    let strangers = house.sources.iter().filter(|source| !PATH_ATTRIBUTES.contains(&source.path.as_str()));
    let children = strangers.flat_map(|source| source.children.iter().map(move |child| (source, child)));
    children
        .filter(|(_, child)| child.path.is_some())
        .map(|(source, child)| format!("{}: #[path] is for db/pg and db/sqlite only", at(source, child.line)))
        .collect()
}

/// No file is too long to be read at once.
pub fn lengths<'a>(folder: &str, files: impl IntoIterator<Item = (&'a str, usize)>) -> Vec<String> {
    let long = files.into_iter().filter(|(_, lines)| *lines > LONGEST);
    long.map(|(path, lines)| {
        format!("{folder}/{path}:{LONGEST}: the file has {lines} lines, {LONGEST} are the limit")
    })
    .collect()
}
