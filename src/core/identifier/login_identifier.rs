//! The identifier in a sign-in form: a user name, a mobile number or an e-mail address.

use std::fmt;

use super::email::EmailAddress;
use super::mobile::Mobile;
use super::region::Region;
use super::username::Username;

/// An identifier as the key by which the account is looked up. `Debug` shows only the kind.
///
/// A text is never ambiguous: a user name has no `@` and is not a number.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum LoginIdentifier {
    /// The key of a user name.
    Username(String),
    /// A mobile number in its canonical form.
    Mobile(String),
    /// The key of an e-mail address.
    Email(String),
}

impl LoginIdentifier {
    /// Parses what was typed. Returns `None` if no account can have this identifier. Reserved names are accepted,
    /// because someone may have taken the name before it was reserved.
    #[must_use]
    pub fn parse(text: &str, regions: &[Region]) -> Option<Self> {
        let text = text.trim();
        if text.len() > LONGEST_BYTES {
            return None;
        }
        if text.contains('@') {
            return EmailAddress::parse(text).ok().map(|email| Self::Email(email.key().to_owned()));
        }
        match Mobile::parse(text, regions) {
            Ok(mobile) => Some(Self::Mobile(mobile.e164().to_owned())),
            Err(_) => Username::key_of(text).map(Self::Username),
        }
    }

    /// Returns the key with its kind in front, for counting failed attempts.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Username(key) => format!("username:{key}"),
            Self::Mobile(e164) => format!("mobile:{e164}"),
            Self::Email(key) => format!("email:{key}"),
        }
    }
}

/// The maximum length of an identifier, in whatever form it is typed.
const LONGEST_BYTES: usize = 512;

impl fmt::Debug for LoginIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Username(_) => "LoginIdentifier(username)",
            Self::Mobile(_) => "LoginIdentifier(mobile)",
            Self::Email(_) => "LoginIdentifier(email)",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> Option<String> {
        LoginIdentifier::parse(text, &[Region::China]).map(|account| account.key())
    }

    #[test]
    fn the_kind_is_detected_from_the_text() {
        for (text, expected) in [
            (" 138 0013 8000 ", Some("mobile:+8613800138000")),
            ("+86 13800138000", Some("mobile:+8613800138000")),
            ("Zhang@Example.com", Some("email:zhang@example.com")),
            ("Zhangsan", Some("username:zhangsan")),
            ("ＺＨＡＮＧＳＡＮ", Some("username:zhangsan")),
            ("root", Some("username:root")),
            ("张三", Some("username:张三")),
            ("+852 5123 4567", None),
            ("12345", None),
            ("zhang@", None),
            ("", None),
            ("  ", None),
            ("\0", None),
            ("zhang\0san", None),
        ] {
            assert_eq!(key(text).as_deref(), expected, "{text}");
        }
        assert_eq!(key(&"a".repeat(33)), None);
    }

    #[test]
    fn debug_shows_no_address() {
        let account = LoginIdentifier::parse("13800138000", &[Region::China]);
        assert_eq!(format!("{account:?}"), "Some(LoginIdentifier(mobile))");
    }

    proptest! {
        #[test]
        fn every_valid_user_name_parses_as_a_user_name(text in "[a-zA-Z0-9_.张三-]{1,34}") {
            if let Ok(name) = Username::parse(&text, &[]) {
                let account = LoginIdentifier::parse(&text, &Region::ALL);
                prop_assert_eq!(account, Some(LoginIdentifier::Username(name.key().to_owned())));
            }
        }

        #[test]
        fn parsing_any_text_does_not_panic(text in any::<String>()) {
            let _ = LoginIdentifier::parse(&text, &Region::ALL);
        }
    }
}
