//! The canonical form of a name.
//!
//! The key of a name is what must be unique. Two names have one key when they differ in letter case or width, or when
//! a reader would take them for each other (the skeleton of Unicode UTS 39). `i`, `l` and `1` are one in it, for `I`
//! is the capital of the one and the look-alike of the others; so are `o` and `0`, `rn` and `m`. The price is that
//! `ali` is taken once there is an `all`.

use unicode_normalization::UnicodeNormalization as _;
use unicode_security::skeleton;

/// Trimmed, in NFKC (full-width letters become ASCII ones), with single spaces.
pub(super) fn clean(text: &str) -> String {
    let text: String = text.trim().nfkc().collect();
    // Only blanks are joined: line ends and other controls stay, and are refused.
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c != ' ' || !out.ends_with(' ') {
            out.push(c);
        }
    }
    out.trim().to_owned()
}

/// The form by which names are compared. `text` went through [`clean`].
pub(super) fn key(text: &str) -> String {
    let folded: String = text.chars().flat_map(fold).nfkc().collect();
    let mut out = String::with_capacity(folded.len());
    for c in skeleton(&folded).flat_map(char::to_lowercase) {
        match c {
            'i' | '1' | '|' => out.push('l'),
            // The dot that a lower-case `İ` or a soft-dotted letter carries is not seen.
            '\u{307}' if out.ends_with(['l', 'j']) => {}
            c => out.push(c),
        }
    }
    out.nfc().collect()
}

/// Case folding by the tables of the standard library: down, up and down again, so that `ß` and `ẞ` are `ss` and both
/// forms of the Greek sigma are one.
fn fold(c: char) -> impl Iterator<Item = char> {
    c.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}
