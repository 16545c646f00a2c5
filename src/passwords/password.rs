//! A password on its way to the hash.

use unicode_normalization::{UnicodeNormalization as _, is_nfc};

use crate::core::secret::{ExposeSecret as _, SecretString};

/// A password as it is hashed: every character counts, blanks at the ends too, in Unicode normal form C.
///
/// Keyboards spell one character in several ways; without normalisation a person who set a password on the telephone
/// may be refused on the desktop. NFC is the milder of the two forms that NIST SP 800-63B names: full-width and ASCII
/// letters stay different.
#[derive(Clone, Debug)]
pub struct Password(SecretString);

impl Password {
    /// The password that somebody typed.
    #[must_use]
    pub fn new(typed: SecretString) -> Self {
        let text = typed.expose_secret();
        if is_nfc(text) {
            return Self(typed);
        }
        // Room enough from the start: a string that grows leaves copies behind.
        let mut composed = String::with_capacity(text.len() * 3);
        composed.extend(text.nfc());
        Self(SecretString::from(composed))
    }

    /// What is hashed.
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }

    pub(super) fn text(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_character_are_one_and_nothing_else_changes() {
        let password = |text: &str| Password::new(SecretString::from(text));
        assert_eq!(password("cafe\u{301}").bytes(), password("café").bytes());
        assert_eq!(password(" Ａ b ").bytes(), " Ａ b ".as_bytes());
        assert_eq!(format!("{:?}", password("café")).matches("café").count(), 0);
    }
}
