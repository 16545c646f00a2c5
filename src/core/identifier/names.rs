//! Rules that user names and nicknames share.

use unicode_normalization::char::is_combining_mark;
use unicode_script::{Script, UnicodeScript as _};
use unicode_security::{
    GeneralSecurityProfile as _, RestrictionLevel, RestrictionLevelDetection as _, skeleton,
};

use super::canonical::{clean, key};
use super::reserved;
use crate::core::invalid_value::InvalidValue;

/// The maximum length of a name in characters.
pub(super) const LONGEST: u32 = 32;
/// Longer texts are refused before normalization. A name of [`LONGEST`] characters needs fewer bytes.
const LONGEST_BYTES: usize = 512;
/// The maximum number of combining marks on one letter. No living script uses more; longer stacks only disturb the
/// layout.
const MOST_MARKS: usize = 3;

/// The rules of one kind of name.
pub(super) struct Rules {
    /// The minimum length, and the minimum length of a name that contains an ideograph or a syllabic character.
    pub(super) shortest: (u32, u32),
    /// Characters that are allowed between letters, in addition to `_`, `-` and `.`.
    pub(super) inner: &'static [char],
    /// A name of digits only looks like a phone number if it has at least this many digits.
    pub(super) digits_are_contact: usize,
}

/// A valid name: its text and its key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) key: String,
}

impl Rules {
    /// Parses a name that a user wants to take.
    pub(super) fn parse(&self, text: &str, reserved: &[String]) -> Result<Name, InvalidValue> {
        self.read(text, |key| reserved::is_reserved(key, reserved))
    }

    /// Parses a name that the operator assigns. Reserved names are allowed.
    pub(super) fn parse_any(&self, text: &str) -> Result<Name, InvalidValue> {
        self.read(text, |_| false)
    }

    fn read(&self, text: &str, is_reserved: impl Fn(&str) -> bool) -> Result<Name, InvalidValue> {
        let text = text.trim();
        if text.is_empty() {
            return Err(InvalidValue::Empty);
        }
        if text.len() > LONGEST_BYTES {
            return Err(InvalidValue::TooLong(LONGEST));
        }
        let text = clean(text);
        if looks_like_contact(&text, self.digits_are_contact) {
            return Err(InvalidValue::LooksLikeContact);
        }
        self.check_characters(&text)?;
        self.check_length(&text)?;
        let key = key(&text);
        if is_reserved(&key) {
            return Err(InvalidValue::Reserved);
        }
        if is_confusable(&text, &key) {
            return Err(InvalidValue::Confusable);
        }
        Ok(Name { text, key })
    }

    fn check_characters(&self, text: &str) -> Result<(), InvalidValue> {
        let is_inner = |c: char| matches!(c, '_' | '-' | '.') || self.inner.contains(&c);
        if text.starts_with(is_inner) || text.ends_with(is_inner) || text.starts_with(is_combining_mark) {
            return Err(InvalidValue::Characters);
        }
        let (mut marks, mut last) = (0, '\0');
        for c in text.chars() {
            let mark = is_combining_mark(c);
            marks = if mark { marks + 1 } else { 0 };
            // Digits of other scripts are not allowed: several of them look like other digits or letters.
            let letter = (c.is_alphabetic() || mark) && (c.identifier_allowed() || is_ideograph(c));
            let doubled = c == last && (mark || c == ' ');
            if !(letter || c.is_ascii_digit() || is_inner(c)) || doubled || marks > MOST_MARKS {
                return Err(InvalidValue::Characters);
            }
            last = c;
        }
        Ok(())
    }

    fn check_length(&self, text: &str) -> Result<(), InvalidValue> {
        let count = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        let dense = |c: char| {
            matches!(
                c.script(),
                Script::Han | Script::Hiragana | Script::Katakana | Script::Hangul | Script::Bopomofo
            )
        };
        let shortest = if text.chars().any(dense) { self.shortest.1 } else { self.shortest.0 };
        if count < shortest {
            return Err(InvalidValue::TooShort(shortest));
        }
        if count > LONGEST {
            return Err(InvalidValue::TooLong(LONGEST));
        }
        Ok(())
    }
}

/// Returns whether `text` could be read as a mobile number or an e-mail address: it contains an `@`, or only separators
/// and at least `digits` digits.
pub(super) fn looks_like_contact(text: &str, digits: usize) -> bool {
    let count = text.chars().filter(|c| c.is_numeric()).count();
    let separator = |c: char| matches!(c, '+' | '-' | '_' | '.' | '(' | ')' | ' ');
    text.contains('@') || (count >= digits && text.chars().all(|c| c.is_numeric() || separator(c)))
}

/// Returns whether `c` is an ideograph. Unicode advises against rare ideographs in identifiers, but personal names
/// contain them.
fn is_ideograph(c: char) -> bool {
    c.is_alphabetic() && c.script() == Script::Han
}

/// Returns whether `text` mixes scripts beyond "highly restrictive" (UTS 39, section 5.2), or is written in one other
/// script in which every letter looks like an ASCII letter, but only in this letter case: `ВОВ` in Cyrillic. If it also
/// looks so in lower case, its key equals that of the ASCII name, which is enough.
fn is_confusable(text: &str, key: &str) -> bool {
    let letters = text.chars().filter(|c| !matches!(c, ' ' | '·'));
    let letters: String = letters.map(|c| if is_ideograph(c) { '一' } else { c }).collect();
    if !letters.as_str().check_restriction_level(RestrictionLevel::HighlyRestrictive) {
        return true;
    }
    if text.is_ascii() {
        return false;
    }
    let seen: String = skeleton(text).collect();
    seen.is_ascii() && self::key(&seen) != key
}
