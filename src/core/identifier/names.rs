//! What user names and nicknames have in common: which characters they take.

use unicode_normalization::char::is_combining_mark;
use unicode_script::{Script, UnicodeScript as _};
use unicode_security::{
    GeneralSecurityProfile as _, RestrictionLevel, RestrictionLevelDetection as _, skeleton,
};

use super::canonical::{clean, key};
use super::reserved;
use crate::core::invalid_value::InvalidValue;

/// The most characters that a name has.
pub(super) const LONGEST: u32 = 32;
/// More bytes than a name of [`LONGEST`] characters can be typed with; normalisation is not asked to work beyond.
const LONGEST_BYTES: usize = 512;
/// More marks on one letter occur in no living spelling, only in ornaments that spill over the line.
const MOST_MARKS: usize = 3;

/// What tells one kind of name from another.
pub(super) struct Rules {
    /// The least number of characters, and the least where an ideograph or a syllable sign is among them.
    pub(super) shortest: (u32, u32),
    /// What may stand between letters, beside `_`, `-` and `.`.
    pub(super) inner: &'static [char],
    /// From how many digits on a name that has nothing but digits looks like a number to call.
    pub(super) digits_are_contact: usize,
}

/// A name that can stand: its text, and its key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) key: String,
}

impl Rules {
    /// Reads a name that somebody wants to take.
    pub(super) fn parse(&self, text: &str, reserved: &[String]) -> Result<Name, InvalidValue> {
        self.read(text, |key| reserved::is_reserved(key, reserved))
    }

    /// Reads a name that the operator gives: none is reserved.
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
            // Digits of other scripts are left out: several of them look like other digits or letters.
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

/// Whether `text` could be meant as a mobile number or an e-mail address: it has an `@`, or is nothing but digits (at
/// least `digits` of them) and what people put between digits.
pub(super) fn looks_like_contact(text: &str, digits: usize) -> bool {
    let count = text.chars().filter(|c| c.is_numeric()).count();
    let separator = |c: char| matches!(c, '+' | '-' | '_' | '.' | '(' | ')' | ' ');
    text.contains('@') || (count >= digits && text.chars().all(|c| c.is_numeric() || separator(c)))
}

/// An ideograph, however rare: Unicode advises against the rare ones in identifiers, but people bear them as names.
fn is_ideograph(c: char) -> bool {
    c.is_alphabetic() && c.script() == Script::Han
}

/// Mixed beyond "highly restrictive" (UTS 39, section 5.2), or written in one other script so that every letter looks
/// like an ASCII one, in this letter case only: `ВОВ` in Cyrillic. (Where it looks so in lower case too, the key is
/// that of the ASCII name, and this is enough.)
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
