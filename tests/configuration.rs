//! Checks that the table in `docs/configuration.md` matches the settings that the program reads.
//! `UPDATE_DOCS=1 cargo test --test configuration` updates the table.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use menjin::config::reader::Setting;

const BEGIN: &str = "<!-- settings:begin -->";
const END: &str = "<!-- settings:end -->";

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md")
}

/// Escapes a cell of a Markdown table: one line, without bars.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// Builds the table, with the lines that mark its start and its end.
fn table(settings: &[Setting]) -> String {
    let mut out = format!("{BEGIN}\n| Setting | Variable | Default | Meaning |\n| --- | --- | --- | --- |\n");
    for setting in settings {
        let default =
            if setting.default.is_empty() { String::new() } else { format!("`{}`", cell(&setting.default)) };
        let row = [
            format!("`{}`", setting.key),
            format!("`{}`", setting.variable()),
            default,
            cell(setting.meaning),
        ];
        out.push_str(&format!("| {} |\n", row.join(" | ")).replace("|  |", "| |"));
    }
    out + END
}

/// Returns the position of the table in the page.
fn place(page: &str) -> Result<std::ops::Range<usize>, String> {
    let missing = |mark: &str| format!("docs/configuration.md has no line {mark}");
    let begin = page.find(BEGIN).ok_or_else(|| missing(BEGIN))?;
    let length = page[begin..].find(END).ok_or_else(|| missing(END))?;
    Ok(begin..begin + length + END.len())
}

/// Returns the rows that only one of the two tables has.
fn differences(written: &str, built: &str) -> Vec<String> {
    let rows = |table: &str| table.lines().map(str::to_owned).collect::<Vec<_>>();
    let (written, built) = (rows(written), rows(built));
    let mut out: Vec<String> = Vec::new();
    out.extend(built.iter().filter(|row| !written.contains(row)).map(|row| format!("missing: {row}")));
    out.extend(written.iter().filter(|row| !built.contains(row)).map(|row| format!("outdated: {row}")));
    if out.is_empty() && written != built {
        out.push("the rows stand in another order".into());
    }
    out
}

#[test]
fn the_page_documents_every_setting() {
    let built = table(&menjin::config::settings());
    let text = std::fs::read_to_string(page()).expect("docs/configuration.md");
    let place = place(&text).unwrap_or_else(|fault| panic!("{fault}"));
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        let mut text = text;
        text.replace_range(place, &built);
        std::fs::write(page(), text).expect("docs/configuration.md can be written");
        return;
    }
    let differences = differences(&text[place], &built);
    assert!(
        differences.is_empty(),
        "docs/configuration.md differs; to renew it: UPDATE_DOCS=1 cargo test --test configuration\n{}",
        differences.join("\n")
    );
}

#[test]
fn every_setting_has_one_key_one_variable_and_a_description() {
    let settings = menjin::config::settings();
    assert!(settings.len() > 10, "{} settings are too few to be all", settings.len());
    let (mut keys, mut variables) = (BTreeSet::new(), BTreeSet::new());
    for setting in &settings {
        assert!(keys.insert(setting.key), "{} is asked for twice", setting.key);
        assert!(variables.insert(setting.variable()), "two settings are {}", setting.variable());
        assert!(!setting.meaning.trim().is_empty(), "{} has no meaning", setting.key);
    }
}

#[test]
fn differences_are_found() {
    let setting = |key, default: &str, meaning| Setting { key, default: default.into(), meaning };
    let built = table(&[
        setting("http.listen", "127.0.0.1:8000", "Where it\n listens."),
        setting("database.url", "", "A | B"),
    ]);
    assert_eq!(
        built,
        "<!-- settings:begin -->\n\
         | Setting | Variable | Default | Meaning |\n\
         | --- | --- | --- | --- |\n\
         | `http.listen` | `MENJIN_HTTP_LISTEN` | `127.0.0.1:8000` | Where it listens. |\n\
         | `database.url` | `DATABASE_URL` | | A \\| B |\n\
         <!-- settings:end -->"
    );
    let page = format!("# Settings\n\n{built}\n\nThe end.\n");
    assert_eq!(&page[place(&page).unwrap()], built);
    assert!(place(BEGIN).is_err() && place(END).is_err());
    assert!(differences(&built, &built).is_empty());
    let other = built.replace("8000", "8001");
    assert_eq!(differences(&other, &built).len(), 2);
    let mut rows: Vec<&str> = built.lines().collect();
    rows.swap(3, 4);
    assert_eq!(differences(&rows.join("\n"), &built), ["the rows stand in another order"]);
}
