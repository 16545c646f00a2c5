//! Checks the pages in Markdown: their links, and that the Chinese pages agree with the English ones.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(page: &str) -> String {
    std::fs::read_to_string(root().join(page)).unwrap_or_else(|error| panic!("{page}: {error}"))
}

/// The paths of all pages, relative to the repository.
fn pages() -> Vec<PathBuf> {
    let mut pages = Vec::new();
    for folder in ["", "docs", "docs/zh-CN", "examples"] {
        for entry in std::fs::read_dir(root().join(folder)).expect("the folder exists") {
            let path = entry.expect("a readable entry").path();
            if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path.strip_prefix(root()).expect("a path in the repository").to_owned());
            }
        }
    }
    pages.sort();
    pages
}

/// The targets of the links to files, each with the text that follows the link.
fn links(text: &str) -> Vec<(&str, &str)> {
    let rest = text.match_indices("](").filter_map(|(at, _)| text[at + 2..].split_once(')'));
    rest.filter(|(target, _)| !target.contains("://") && !target.starts_with('#')).collect()
}

fn is_chinese(page: &Path) -> bool {
    page.to_string_lossy().contains("zh-CN")
}

/// The cells of the rows of all tables of a page.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines = text.lines().filter(|line| line.starts_with('|'));
    lines.map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
}

/// The text between the first two backquotes.
fn code(cell: &str) -> Option<&str> {
    cell.strip_prefix('`')?.split('`').next()
}

#[test]
fn every_link_leads_to_a_file() {
    for page in pages() {
        let text = read(&page.to_string_lossy());
        for (target, _) in links(&text) {
            let path = target.split('#').next().unwrap_or(target);
            let folder = root().join(page.parent().unwrap_or(Path::new("")));
            assert!(folder.join(path).exists(), "{} links to {target}", page.display());
        }
    }
}

#[test]
fn chinese_pages_say_which_pages_are_in_english_only() {
    for page in pages().into_iter().filter(|page| is_chinese(page)) {
        let text = read(&page.to_string_lossy());
        for (target, after) in links(&text) {
            let path = target.split('#').next().unwrap_or(target);
            if path.rsplit_once('.').is_none_or(|(_, extension)| extension != "md") || path == "README.md" {
                continue;
            }
            let folder = root().join(page.parent().unwrap_or(Path::new("")));
            let english = !is_chinese(&folder.join(path).canonicalize().expect("the file exists"));
            let marked = ["（英文）", "，英文）"].iter().any(|mark| after.starts_with(mark));
            assert_eq!(english, marked, "{} links to {target}", page.display());
        }
    }
}

/// The English table is compared with the code by the unit tests of the provider.
#[test]
fn both_pages_on_social_sign_in_have_the_same_error_codes_of_qq() {
    let result = |text: &str| match text {
        "PROVIDER_REJECTED" | "PROVIDER_UNAVAILABLE" => text.to_owned(),
        _ if text.contains("nickname") || text.contains("昵称") => "no nickname".to_owned(),
        _ => "signed in".to_owned(),
    };
    let (english, chinese) = (read("docs/social.md"), read("docs/zh-CN/social.md"));
    let is_error = |code: &str| code.trim_start_matches('-').parse::<u32>().is_ok();
    let english: BTreeSet<_> = rows(&english)
        .filter(|row| row.len() == 4)
        .filter_map(|row| Some((row[0].to_owned(), code(row[1])?.to_owned(), result(row[2]))))
        .filter(|(_, code, _)| is_error(code))
        .collect();
    let chinese: BTreeSet<_> = rows(&chinese)
        .filter(|row| row.len() == 4)
        .filter_map(|row| Some((row[1], code(row[0])?, result(row[3]))))
        .filter(|(_, code, _)| is_error(code))
        .map(|(source, code, result)| {
            let source = source.replace('、', ", ").replace("第二次 me", "me again");
            (source.replace("回调", "callback"), code.to_owned(), result)
        })
        .collect();
    assert!(!english.is_empty());
    assert_eq!(english, chinese);
}

#[test]
fn both_pages_on_accounts_have_the_same_kinds_of_audit_entries() {
    let kinds = |page: &str| -> BTreeSet<String> {
        let text = read(page);
        let (_, table) = text.split_once("| kind |").expect("a table of kinds");
        let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
        rows.filter_map(|row| row.split('`').nth(1)).map(ToOwned::to_owned).collect()
    };
    let english = kinds("docs/accounts.md");
    assert!(!english.is_empty());
    assert_eq!(english, kinds("docs/zh-CN/accounts.md"));
}
