//! What somebody types into the one field of a sign-in form.

use std::fmt;

use super::email::EmailAddress;
use super::mobile::Mobile;
use super::region::Region;
use super::username::Username;

/// Whom a person says to be, by the key that the account would be found by. `Debug` shows the kind only.
///
/// No text can be two of these: a user name has no `@` and is no number.
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
    /// Reads what was typed; `None` when no account can be meant. Names that are reserved today can be meant: their
    /// bearers may have been there first.
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

    /// The key with its kind in front: what attempts are counted by.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Username(key) => format!("username:{key}"),
            Self::Mobile(e164) => format!("mobile:{e164}"),
            Self::Email(key) => format!("email:{key}"),
        }
    }
}

/// No account is longer, in whatever form it is typed.
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
    fn the_kind_follows_from_the_text() {
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
        fn whoever_took_a_name_signs_in_with_it(text in "[a-zA-Z0-9_.张三-]{1,34}") {
            if let Ok(name) = Username::parse(&text, &[]) {
                let account = LoginIdentifier::parse(&text, &Region::ALL);
                prop_assert_eq!(account, Some(LoginIdentifier::Username(name.key().to_owned())));
            }
        }

        #[test]
        fn any_text_is_read_without_panic(text in any::<String>()) {
            let _ = LoginIdentifier::parse(&text, &Region::ALL);
        }
    }
}
