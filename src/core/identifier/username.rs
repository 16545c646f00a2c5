//! User names, with which people sign in as they do with their mobile number or e-mail address.

use super::canonical;
use super::names::{self, Name, Rules};
use crate::core::invalid_value::InvalidValue;

const RULES: Rules = Rules { shortest: (3, 2), inner: &[], digits_are_contact: 1 };

/// A user name: 3 to 32 characters, or 2 to 32 if it contains a Chinese, Japanese or Korean character.
///
/// Letters of all scripts in current use, ASCII digits, and between them `_`, `-` and `.`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Username(Name);

impl Username {
    /// Parses a user name that a user wants to take. `reserved` extends the built-in list.
    ///
    /// # Errors
    /// The first of [`InvalidValue::Empty`], [`InvalidValue::TooShort`], [`InvalidValue::TooLong`],
    /// [`InvalidValue::LooksLikeContact`], [`InvalidValue::Characters`], [`InvalidValue::Reserved`] and
    /// [`InvalidValue::Confusable`] that applies.
    pub fn parse(text: &str, reserved: &[String]) -> Result<Self, InvalidValue> {
        RULES.parse(text, reserved).map(Self)
    }

    /// Parses a user name that the operator assigns. Reserved names are allowed.
    ///
    /// # Errors
    /// The errors of [`Self::parse`] except [`InvalidValue::Reserved`].
    pub fn parse_any(text: &str) -> Result<Self, InvalidValue> {
        RULES.parse_any(text).map(Self)
    }

    /// Returns the key by which the owner of the name `text` is looked up, or `None` if no account can have this name.
    /// Only the length is checked, so that owners of names that were taken before a rule existed can still sign in.
    /// Control characters were never allowed, and PostgreSQL does not store NUL in a text.
    pub(super) fn key_of(text: &str) -> Option<String> {
        let text = canonical::clean(text);
        let possible = !text.is_empty()
            && text.chars().count() <= names::LONGEST as usize
            && !text.chars().any(char::is_control)
            && !names::looks_like_contact(&text, RULES.digits_are_contact);
        possible.then(|| canonical::key(&text))
    }

    /// Returns the name as typed, in Unicode normalization form KC.
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

    fn parse(text: &str) -> Result<Username, InvalidValue> {
        Username::parse(text, &[])
    }

    fn key(text: &str) -> String {
        parse(text).unwrap().0.key
    }

    #[test]
    fn names_of_many_scripts_are_kept_as_typed() {
        for text in [
            "zhangsan",
            "Zhang_San-1.x",
            "张三",
            "张三2026",
            "zhang张",
            "田中太郎",
            "たなか",
            "김철수",
            "Иван",
            "Jürgen",
            "Nguyễn",
            "Ελένη",
            "สมชาย",
            "राहुल",
            "user_k7m2p9xq",
            "𠮷野家",
        ] {
            assert_eq!(parse(text).as_ref().map(Username::as_str), Ok(text), "{text}");
        }
        assert_eq!(parse("  ｚｈａｎｇｓａｎ ").unwrap().as_str(), "zhangsan");
        assert_eq!(parse("Ju\u{308}rgen").unwrap().as_str(), "Jürgen");
    }

    #[test]
    fn the_operator_may_assign_reserved_names_but_not_invalid_ones() {
        assert_eq!(parse("admin"), Err(InvalidValue::Reserved));
        assert_eq!(Username::parse_any("admin").unwrap().key(), Username::key_of("admin").unwrap());
        assert_eq!(Username::parse_any("13800138000"), Err(InvalidValue::LooksLikeContact));
        assert_eq!(Username::parse_any("ab"), Err(InvalidValue::TooShort(3)));
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        assert_eq!(parse(" "), Err(InvalidValue::Empty));
        assert_eq!(parse("ab"), Err(InvalidValue::TooShort(3)));
        assert_eq!(parse("张"), Err(InvalidValue::TooShort(2)));
        assert!(parse(&"张".repeat(32)).is_ok());
        assert_eq!(parse(&"张".repeat(33)), Err(InvalidValue::TooLong(32)));
        assert_eq!(parse(&"a".repeat(1 << 20)), Err(InvalidValue::TooLong(32)));
    }

    #[test]
    fn names_that_look_like_contacts_are_refused() {
        for text in [
            "13800138000",
            "+86 138 0013 8000",
            "138-0013-8000",
            "123",
            "１２３４",
            "1_2",
            "a@b.com",
            "zhang@",
            "٣٤٥",
        ] {
            assert_eq!(parse(text), Err(InvalidValue::LooksLikeContact), "{text}");
        }
    }

    #[test]
    fn invisible_and_pictorial_characters_are_refused() {
        for text in [
            "zhang san",
            "zhang\u{200b}san",
            "zhang\u{200d}san",
            "zhang\u{202e}san",
            "zhang\u{feff}san",
            "zhang\0san",
            "zhang\nsan",
            "zhang\u{ad}san",
            "zhang😀",
            "zhang❤\u{fe0f}",
            "zhang\u{20e3}",
            "zhang\u{3164}san",
            "_zhang",
            "zhang_",
            ".zhang",
            "zhang-",
            "zhang/san",
            "zhang'san",
            "zhang\u{e000}",
            "\u{301}zhang",
            "张三·",
            "a\u{323}\u{331}\u{32d}\u{330}bc",
            "zhang٣",
        ] {
            assert_eq!(parse(text), Err(InvalidValue::Characters), "{text:?}");
        }
    }

    #[test]
    fn look_alikes_have_the_same_key_or_are_refused() {
        for (one, other) in [
            ("zhangsan", "ZhangSan"),
            ("paypal", "PAYPAI"),
            ("paypal", "paypa1"),
            ("google", "g00gle"),
            ("modern", "modem"),
            ("Straße", "STRASSE"),
            ("Ελένης", "ΕΛΈΝΗΣ"),
            ("оса", "oca"),
            ("İzmir", "izmir"),
        ] {
            assert_eq!(key(one), key(other), "{one} {other}");
        }
        assert_ne!(key("zhangsan"), key("zhangshan"));
        assert_ne!(key("张三"), key("张二"));
        for text in ["p\u{430}ypal", "zh\u{251}ng\u{441}an", "αlpha", "ВОВ", "РОССОМ"] {
            assert!(
                matches!(parse(text), Err(InvalidValue::Confusable | InvalidValue::Characters)),
                "{text}"
            );
        }
        assert_eq!(parse("p\u{430}ypal"), Err(InvalidValue::Confusable));
    }

    #[test]
    fn reserved_names_are_refused_in_every_spelling() {
        for text in [
            "admin",
            "Admin",
            "\u{430}dmin",
            "ＡＤＭＩＮ",
            "adm1n",
            "ad_min",
            "r00t",
            "ádmin",
            "admin\u{301}",
            "rööt",
            "Menjin",
            "管理员",
            "客服",
            "官方",
        ] {
            assert_eq!(parse(text), Err(InvalidValue::Reserved), "{text}");
        }
        let more = ["Acme".to_owned(), " 某公司 ".to_owned()];
        assert_eq!(Username::parse("ACME", &more), Err(InvalidValue::Reserved));
        assert_eq!(Username::parse("某公司", &more), Err(InvalidValue::Reserved));
        assert!(parse("acme").is_ok());
        assert!(parse("administrative").is_ok());
    }

    proptest! {
        #[test]
        fn parsing_any_text_does_not_panic(text in any::<String>()) {
            let _ = parse(&text);
            let _ = Username::key_of(&text);
        }

        #[test]
        fn a_parsed_name_parses_to_itself(text in "[a-zA-Z0-9_.张三ßé-]{1,34}") {
            if let Ok(name) = parse(&text) {
                prop_assert_eq!(parse(name.as_str()), Ok(name.clone()));
                let key = Username::key_of(&text);
                prop_assert_eq!(key.as_deref(), Some(name.key()));
                let shouted = name.as_str().to_uppercase();
                if shouted.chars().count() <= 32 {
                    prop_assert_eq!(Username::key_of(&shouted), key);
                }
            }
        }
    }
}
