//! Nicknames: what others see of a person.

use super::names::{Name, Rules};
use crate::core::invalid_value::InvalidValue;

const RULES: Rules = Rules {
    shortest: (1, 1),
    inner: &[' ', '·'],
    // "007" is a nickname; a number that somebody could call is none.
    digits_are_contact: 7,
};

/// A nickname: 1 to 32 characters. As a user name, and with single spaces and `·` between letters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Nickname(Name);

impl Nickname {
    /// Reads a nickname that somebody wants to take: spaces around it are dropped, those inside joined. `reserved`
    /// comes beside the built-in list.
    ///
    /// # Errors
    /// As [`super::Username::parse`].
    pub fn parse(text: &str, reserved: &[String]) -> Result<Self, InvalidValue> {
        RULES.parse(text, reserved).map(Self)
    }

    /// Reads a nickname that the operator gives: reserved ones are kept for the operator, so none is refused for that.
    ///
    /// # Errors
    /// As [`Self::parse`], but for [`InvalidValue::Reserved`].
    pub fn parse_any(text: &str) -> Result<Self, InvalidValue> {
        RULES.parse_any(text).map(Self)
    }

    /// As typed, in Unicode normal form KC.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// What must be unique: one for all spellings that a reader would take for this name.
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
    fn the_rest_is_as_with_user_names() {
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
        fn any_text_is_read_without_panic(text in any::<String>()) {
            if let Ok(name) = Nickname::parse(&text, &[]) {
                prop_assert_eq!(Nickname::parse(name.as_str(), &[]), Ok(name));
            }
        }
    }
}
