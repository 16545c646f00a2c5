//! Roles, which the application defines. Every access token contains those of its account.

use serde::{Deserialize, Serialize};

/// The length of a role, in characters.
const LONGEST: usize = 64;
/// The number of roles. A token with more would be too long for the headers that proxies forward.
const MOST: usize = 50;

/// A list of roles without duplicates, in the order in which they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Roles(Vec<String>);

/// Why a list of roles is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRoles {
    #[error("a role has 1 to {LONGEST} characters: a-z, 0-9, _ . : -")]
    Word,
    #[error("there are more than {MOST} roles")]
    TooMany,
}

impl Roles {
    /// Parses roles. Duplicates are dropped.
    pub fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidRoles> {
        let mut roles: Vec<String> = Vec::new();
        for word in words {
            let known = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b':' | b'-');
            if !(1..=LONGEST).contains(&word.len()) || !word.bytes().all(known) {
                return Err(InvalidRoles::Word);
            }
            if roles.iter().any(|role| role == word) {
                continue;
            }
            if roles.len() == MOST {
                return Err(InvalidRoles::TooMany);
            }
            roles.push(word.to_owned());
        }
        Ok(Self(roles))
    }

    /// Parses roles that are separated by commas, semicolons or spaces.
    pub fn parse_list(text: &str) -> Result<Self, InvalidRoles> {
        let separator = |c: char| matches!(c, ',' | ';') || c.is_whitespace();
        Self::parse(text.split(separator).filter(|word| !word.is_empty()))
    }

    /// Reads what [`Roles::to_json`] wrote; `None` for anything but a list of strings. The rules for new roles are not
    /// checked again: a merge may have given an account more roles than can be set at once.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }

    /// Adds roles, unless they are there already.
    #[must_use]
    pub fn with(&self, more: &Self) -> Self {
        let new = more.0.iter().filter(|role| !self.0.contains(role));
        Self(self.0.iter().chain(new).cloned().collect())
    }

    /// Removes roles.
    #[must_use]
    pub fn without(&self, removed: &Self) -> Self {
        Self(self.0.iter().filter(|role| !removed.0.contains(role)).cloned().collect())
    }

    /// Returns the form in the database: a JSON array of strings.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::json!(self.0).to_string()
    }

    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }

    #[must_use]
    pub fn to_vec(&self) -> Vec<String> {
        self.0.clone()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn roles_have_few_characters_and_are_limited_in_number() {
        let roles = Roles::parse_list("admin, shop.editor;billing:read  admin").unwrap();
        assert_eq!(roles.to_json(), r#"["admin","shop.editor","billing:read"]"#);
        assert_eq!(Roles::parse_list("  ").unwrap().to_json(), "[]");
        let long = "a".repeat(65);
        for word in ["", "Admin", "a b", "a\"b", "管理", "a/b", "a\0", &long] {
            assert_eq!(Roles::parse([word]), Err(InvalidRoles::Word), "{word}");
        }
        assert!(Roles::parse(["a".repeat(64).as_str()]).is_ok());
        let many: Vec<String> = (0..51).map(|n| format!("r{n}")).collect();
        let words = |n: usize| many[..n].iter().map(String::as_str);
        assert!(Roles::parse(words(50)).is_ok());
        assert_eq!(Roles::parse(words(51)), Err(InvalidRoles::TooMany));
        assert!(Roles::parse(words(50).chain(words(50))).is_ok(), "repetitions do not count");
    }

    proptest! {
        #[test]
        fn roles_survive_a_round_trip_through_json(text in any::<String>()) {
            if let Ok(roles) = Roles::parse_list(&text) {
                let kept: Vec<String> = serde_json::from_str(&roles.to_json()).unwrap();
                prop_assert_eq!(kept.as_slice(), roles.as_slice());
            }
        }
    }
}
