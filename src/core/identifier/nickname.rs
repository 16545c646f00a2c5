//! Nicknames: the names that other users see.

use super::names::{Name, Rules};
use crate::core::invalid_value::InvalidValue;

const RULES: Rules = Rules {
    shortest: (1, 1),
    inner: &[' ', '·'],
    // "007" is a nickname; a number that could be a phone number is not.
    digits_are_contact: 7,
};

/// A nickname: 1 to 32 characters. The rules are those of user names; single spaces and `·` are allowed between
/// letters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Nickname(Name);

impl Nickname {
    /// Parses a nickname that a user wants to take. Leading and trailing spaces are dropped, inner ones are merged.
    /// `reserved` extends the built-in list.
    ///
    /// # Errors
    /// The errors of [`super::Username::parse`].
    pub fn parse(text: &str, reserved: &[String]) -> Result<Self, InvalidValue> {
        RULES.parse(text, reserved).map(Self)
    }

    /// Parses a nickname that the operator assigns. Reserved names are allowed.
    ///
    /// # Errors
    /// The errors of [`Self::parse`] except [`InvalidValue::Reserved`].
    pub fn parse_any(text: &str) -> Result<Self, InvalidValue> {
        RULES.parse_any(text).map(Self)
    }

    /// Returns the nickname as typed, in Unicode normalization form KC.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Returns the unique key. All spellings that a reader would confuse have the same key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.0.key
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<String, InvalidValue> {
        Nickname::parse(text, &[]).map(|name| name.0.text)
    }

    #[test]
    fn nicknames_may_be_short_and_have_spaces() {
        for text in [
            "张",
            "a",
            "007",
            "张 三",
            "阿凡提·买买提",
            "Zhang San",
            "user_k7m2p9xq",
            "Иван Петров",
            "Anna·Lena",
        ] {
            assert_eq!(parse(text).as_deref(), Ok(text), "{text}");
        }
        assert_eq!(parse(" 张　 三  ").as_deref(), Ok("张 三"));
    }

    #[test]
    fn other_rules_are_those_of_user_names() {
        assert_eq!(parse(""), Err(InvalidValue::Empty));
        assert_eq!(parse(&"张".repeat(33)), Err(InvalidValue::TooLong(32)));
        assert_eq!(parse("13800138000"), Err(InvalidValue::LooksLikeContact));
        assert_eq!(parse("138 0013 8000"), Err(InvalidValue::LooksLikeContact));
        assert_eq!(parse("zhang@example.com"), Err(InvalidValue::LooksLikeContact));
        for text in ["张\n三", "张\t三", "张\u{200b}三", "小明😀", "·张", "张\u{202e}三", "_"] {
            assert_eq!(parse(text), Err(InvalidValue::Characters), "{text:?}");
        }
        assert_eq!(parse("p\u{430}ypal"), Err(InvalidValue::Confusable));
        for text in ["官方 客服", "A d m i n", "客服", "客·服"] {
            assert_eq!(parse(text), Err(InvalidValue::Reserved), "{text}");
        }
        let key = |text| Nickname::parse(text, &[]).unwrap().0.key;
        assert_eq!(key("Zhang  San"), key("zhang san"));
        assert_ne!(key("Zhang San"), key("zhangsan"));
    }

    proptest! {
        #[test]
        fn parsing_any_text_does_not_panic(text in any::<String>()) {
            if let Ok(name) = Nickname::parse(&text, &[]) {
                prop_assert_eq!(Nickname::parse(name.as_str(), &[]), Ok(name));
            }
        }
    }
}
