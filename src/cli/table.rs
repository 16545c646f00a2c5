//! Tables on a terminal.

use unicode_script::{Script, UnicodeScript as _};

use super::out::say;

/// Prints rows under their headings, each column as wide as its widest cell.
pub fn print<const N: usize>(heads: [&str; N], rows: &[[String; N]]) {
    say(layout(heads, rows).trim_end());
}

fn layout<const N: usize>(heads: [&str; N], rows: &[[String; N]]) -> String {
    let heads = heads.map(str::to_owned);
    let mut widths = [0; N];
    for row in rows.iter().chain([&heads]) {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = width(cell).max(*widest);
        }
    }
    let mut out = String::new();
    for row in [&heads].into_iter().chain(rows) {
        let mut line = String::new();
        for (cell, widest) in row.iter().zip(widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(widest - width(cell) + 2));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Returns the width on the terminal: ideographs and syllabic characters take two cells, combining marks none.
fn width(text: &str) -> usize {
    let wide = [Script::Han, Script::Hiragana, Script::Katakana, Script::Hangul, Script::Bopomofo];
    let marks = |c: &char| unicode_normalization::char::is_combining_mark(*c);
    text.chars().filter(|c| !marks(c)).map(|c| if wide.contains(&c.script()) { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned);
        let rows = [row(["李雷", "+86 138****8000", ""]), row(["zhangsan", "", "active"])];
        assert_eq!(
            layout(["NAME", "MOBILE", "STATUS"], &rows),
            "NAME      MOBILE           STATUS\n\
             李雷      +86 138****8000\n\
             zhangsan                   active\n"
        );
        assert_eq!(width("Nguyễn"), 6);
        assert_eq!(width("Nguye\u{302}\u{303}n"), 6);
    }
}
