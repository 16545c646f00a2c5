//! The rules for new passwords (NIST SP 800-63B, section 3.1.1.2; ASVS 6.2): a minimum length, and no password that
//! attackers try first. There are no rules about kinds of characters, because they make passwords worse.
//!
//! `common.txt` (its licence: `common.LICENSE`) is made from the list that Django 5.2 compares passwords with
//! (`django/contrib/auth/common-passwords.txt.gz`, made by Royce Williams; Copyright (c) Django Software Foundation and
//! individual contributors, BSD-3-Clause): lower-case, 8 to 128 ASCII characters, sorted.

use std::sync::{Arc, LazyLock};

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use super::password::Password;
use crate::config::passwords::PasswordSettings;
use crate::core::invalid_value::InvalidValue;
use crate::core::secret::SecretString;

static COMMON: LazyLock<Vec<&'static str>> = LazyLock::new(|| include_str!("common.txt").lines().collect());

/// Shorter words of a user are ignored: many passwords contain them by chance.
const SHORTEST_OWN_WORD: usize = 4;
/// The maximum number of bytes of a code point.
const WIDEST: usize = 4;

/// The rules for new passwords. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Policy {
    /// In Unicode code points.
    pub min_length: u32,
    /// In Unicode code points.
    pub max_length: u32,
    product_words: Arc<[String]>,
}

impl Policy {
    /// Builds rules with these lengths, in code points, and these words of the product.
    #[must_use]
    pub fn new(min_length: u32, max_length: u32, product_words: &[String]) -> Self {
        let words = product_words.iter().map(|word| comparable(word).to_string());
        Self { min_length, max_length, product_words: words.filter(|word| !word.is_empty()).collect() }
    }
}

impl From<&PasswordSettings> for Policy {
    fn from(settings: &PasswordSettings) -> Self {
        Self::new(settings.min_length, settings.max_length, &settings.product_words)
    }
}

/// A password that complies with the policy.
#[derive(Clone, Debug)]
pub struct NewPassword(Password);

impl NewPassword {
    /// Checks `text` as it is: nothing is trimmed or truncated. `own_words` are the user's names and addresses.
    ///
    /// # Errors
    /// [`InvalidValue::Empty`], [`InvalidValue::TooShort`], [`InvalidValue::TooLong`], [`InvalidValue::CommonPassword`]
    /// in any letter case, and [`InvalidValue::PersonalPassword`] if words of the user and the product make up at least
    /// half of it.
    pub fn parse(text: &str, policy: &Policy, own_words: &[&str]) -> Result<Self, InvalidValue> {
        if text.is_empty() {
            return Err(InvalidValue::Empty);
        }
        let max = usize::try_from(policy.max_length).unwrap_or(usize::MAX);
        // A decomposed character has several code points until it is composed: at most three in any language.
        if text.len() > max.saturating_mul(WIDEST * 3) {
            return Err(InvalidValue::TooLong(policy.max_length));
        }
        let password = Password::new(SecretString::from(text));
        let count = password.text().chars().count();
        if count < usize::try_from(policy.min_length).unwrap_or(usize::MAX) {
            return Err(InvalidValue::TooShort(policy.min_length));
        }
        if count > max {
            return Err(InvalidValue::TooLong(policy.max_length));
        }
        let lower = comparable(password.text());
        if COMMON.binary_search(&lower.as_str()).is_ok() {
            return Err(InvalidValue::CommonPassword);
        }
        if is_personal(&lower, policy, own_words) {
            return Err(InvalidValue::PersonalPassword);
        }
        Ok(Self(password))
    }

    /// Returns the password for hashing.
    #[must_use]
    pub fn as_password(&self) -> &Password {
        &self.0
    }
}

/// Returns whether the known words, longest first, make up at least half of the password. A passphrase that happens to
/// contain the word `user` is still acceptable.
fn is_personal(lower: &Zeroizing<String>, policy: &Policy, own_words: &[&str]) -> bool {
    let mut words: Vec<String> = own_words
        .iter()
        .map(|word| comparable(word).to_string())
        .filter(|word| word.chars().count() >= SHORTEST_OWN_WORD)
        .collect();
    words.extend(policy.product_words.iter().cloned());
    words.sort_unstable_by_key(|word| std::cmp::Reverse(word.chars().count()));
    let whole = lower.chars().count();
    let mut rest = lower.clone();
    for word in &words {
        // A gap replaces the word, so that its neighbours do not form another word.
        rest = Zeroizing::new(rest.replace(word.as_str(), "\0"));
    }
    let left = rest.chars().filter(|&c| c != '\0').count();
    left * 2 <= whole
}

/// Returns the form in which passwords and words are compared: lower case, NFKC.
fn comparable(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.chars().flat_map(char::to_lowercase).nfkc().collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, own_words: &[&str]) -> Option<InvalidValue> {
        let policy = Policy::new(8, 128, &["Menjin".to_owned(), "门禁".to_owned()]);
        NewPassword::parse(text, &policy, own_words).err()
    }

    #[test]
    fn length_is_counted_in_code_points_and_nothing_is_truncated() {
        assert_eq!(check("", &[]), Some(InvalidValue::Empty));
        assert_eq!(check("kq7-xz2", &[]), Some(InvalidValue::TooShort(8)));
        assert_eq!(check("kq7-xz2v", &[]), None);
        assert_eq!(check("春眠不觉晓处处", &[]), Some(InvalidValue::TooShort(8)));
        assert_eq!(check("春眠不觉晓处处闻", &[]), None);
        assert_eq!(check("  kq xz  ", &[]), None, "blanks count");
        assert_eq!(check(&"長い".repeat(64), &[]), None);
        assert_eq!(check(&"長い+".repeat(43), &[]), Some(InvalidValue::TooLong(128)));
        assert_eq!(check(&"x".repeat(1 << 20), &[]), Some(InvalidValue::TooLong(128)));
        assert_eq!(
            check(&"e\u{301}".repeat(7), &[]),
            Some(InvalidValue::TooShort(8)),
            "seven letters as people see them"
        );
    }

    #[test]
    fn common_passwords_are_refused_in_any_letter_case() {
        for text in
            ["password", "PassWord1", "12345678", "1qaz2wsx", "ｐａｓｓｗｏｒｄ", "woaini1314", "00000000"]
        {
            assert_eq!(check(text, &[]), Some(InvalidValue::CommonPassword), "{text}");
        }
        assert_eq!(check("correct horse battery staple", &[]), None);
    }

    #[test]
    fn own_words_must_not_make_up_half() {
        let own = ["zhangsan", "13800138000", "li", "用户小明同学"];
        for text in [
            "zhangsan2026",
            "ZhangSan!",
            "xx13800138000",
            "MenjinMenjin!!",
            "门禁门禁a1b2",
            "用户小明同学啊哈",
            "zhangsan+menjin+xyz",
        ] {
            assert_eq!(check(text, &own), Some(InvalidValue::PersonalPassword), "{text}");
        }
        for text in
            ["my zhangsan walks the dog at dawn", "lilili-kq7x", "what menjin guards at night", "kq7-xz2v-hh"]
        {
            assert_eq!(check(text, &own), None, "{text}");
        }
        assert_eq!(check("a user sat on the roof", &["user"]), None);
        assert_eq!(check("useruser", &["user"]), Some(InvalidValue::PersonalPassword));
    }

    #[test]
    fn the_common_list_can_be_searched() {
        assert!(COMMON.len() > 3_000);
        assert!(COMMON.is_sorted());
        assert!(COMMON.iter().all(|word| *word == comparable(word).as_str() && word.len() >= 8));
    }

    #[test]
    fn nothing_shows_a_password() {
        let policy = Policy::new(8, 128, &[]);
        let password = NewPassword::parse("kq7-xz2v-secret", &policy, &[]);
        assert!(!format!("{password:?}").contains("kq7"));
    }

    proptest! {
        #[test]
        fn any_text_is_checked_without_panic(text in any::<String>(), word in any::<String>()) {
            let policy = Policy::new(8, 64, std::slice::from_ref(&word));
            if let Ok(password) = NewPassword::parse(&text, &policy, &[&word]) {
                let count = password.as_password().text().chars().count();
                prop_assert!((8..=64).contains(&count));
            }
        }
    }
}
