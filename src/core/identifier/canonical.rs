//! Canonical forms of names.
//!
//! The key of a name must be unique. Two names have the same key if they differ only in letter case or width, or if a
//! reader would confuse them (the skeleton of Unicode UTS 39). `i`, `l` and `1` are the same in a key, because `I` is
//! the capital of one and looks like the others; so are `o` and `0`, and `rn` and `m`. As a consequence, `ali` is taken
//! if `all` exists.

use unicode_normalization::UnicodeNormalization as _;
use unicode_security::skeleton;

/// Returns the text trimmed, in NFKC (full-width letters become ASCII), with single spaces.
pub(super) fn clean(text: &str) -> String {
    let text: String = text.trim().nfkc().collect();
    // Only spaces are merged. Line breaks and other control characters remain and are refused later.
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c != ' ' || !out.ends_with(' ') {
            out.push(c);
        }
    }
    out.trim().to_owned()
}

/// Returns the key by which names are compared. `text` is a result of [`clean`].
pub(super) fn key(text: &str) -> String {
    let folded: String = text.chars().flat_map(fold).nfkc().collect();
    let mut out = String::with_capacity(folded.len());
    for c in skeleton(&folded).flat_map(char::to_lowercase) {
        match c {
            'i' | '1' | '|' => out.push('l'),
            // The dot of a lower-case `İ` or of a soft-dotted letter is not visible.
            '\u{307}' if out.ends_with(['l', 'j']) => {}
            c => out.push(c),
        }
    }
    out.nfc().collect()
}

/// Folds case with the tables of the standard library: lower, upper and lower again, so that `ß` and `ẞ` become `ss`
/// and both forms of the Greek sigma become one.
fn fold(c: char) -> impl Iterator<Item = char> {
    c.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}
