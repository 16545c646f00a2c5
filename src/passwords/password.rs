//! A password before it is hashed.

use unicode_normalization::{UnicodeNormalization as _, is_nfc};

use crate::core::secret::{ExposeSecret as _, SecretString};

/// A password in Unicode normalization form C. All characters count, including leading and trailing blanks.
///
/// Keyboards encode one character in several ways. Without normalization, a password that was set on a phone could be
/// refused on a desktop. NFC is the weaker of the two forms that NIST SP 800-63B names: full-width and ASCII letters
/// stay different.
#[derive(Clone, Debug)]
pub struct Password(SecretString);

impl Password {
    /// Builds the password from the text that was typed.
    #[must_use]
    pub fn new(typed: SecretString) -> Self {
        let text = typed.expose_secret();
        if is_nfc(text) {
            return Self(typed);
        }
        // Reserves enough space, because a string that grows leaves copies in memory.
        let mut composed = String::with_capacity(text.len() * 3);
        composed.extend(text.nfc());
        Self(SecretString::from(composed))
    }

    /// Returns the bytes to hash.
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
    fn only_encodings_of_the_same_character_are_normalized() {
        let password = |text: &str| Password::new(SecretString::from(text));
        assert_eq!(password("cafe\u{301}").bytes(), password("café").bytes());
        assert_eq!(password(" Ａ b ").bytes(), " Ａ b ".as_bytes());
        assert_eq!(format!("{:?}", password("café")).matches("café").count(), 0);
    }
}
