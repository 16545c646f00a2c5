//! The templates and signature names that carriers approved, per kind of message and language.

use std::str::FromStr;

use crate::core::language::Language;

/// The kinds of codes. Each needs a template in Chinese, of its own or of `code`.
const CODES: [&str; 5] =
    ["code.register", "code.login", "code.reset_password", "code.bind", "code.change_contact"];

/// Other kinds that can be sent by SMS.
const OTHERS: [&str; 14] = [
    "code",
    "link",
    "notice",
    "link.reset_password",
    "notice.password_changed",
    "notice.password_reset",
    "notice.username_changed",
    "notice.mobile_changed",
    "notice.email_changed",
    "notice.account_deleted",
    "notice.provider_linked",
    "notice.provider_unlinked",
    "notice.accounts_merged",
    "notice.accounts_unmerged",
];

/// `kind=id` or `kind:language=id`: the template of a kind of message. `code` stands for all codes that have no template of
/// their own, and `notice` for all notices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    kind: String,
    language: Option<Language>,
    id: String,
}

impl FromStr for Template {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected kind=template or kind:language=template, such as code=1001, code.login:en=1002 or notice=1003";
        let (key, id) = text.split_once('=').ok_or(EXPECTED)?;
        let (kind, language) = match key.trim().split_once(':') {
            Some((kind, tag)) => (kind.trim(), Some(Language::from_tag(tag.trim()).ok_or(EXPECTED)?)),
            None => (key.trim(), None),
        };
        let id = id.trim();
        let known = CODES.contains(&kind) || OTHERS.contains(&kind);
        if !known || id.is_empty() || id.len() > 64 || id.chars().any(char::is_whitespace) {
            return Err(EXPECTED);
        }
        Ok(Self { kind: kind.to_owned(), language, id: id.to_owned() })
    }
}

/// The templates of a carrier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Templates(pub Vec<Template>);

impl Templates {
    /// Returns the template of a kind of message: the most specific kind first, then the language of the message, then any
    /// language.
    #[must_use]
    pub fn find(&self, kind: &str, language: Language) -> Option<&str> {
        let general = kind.split('.').next().unwrap_or(kind);
        [kind, general].into_iter().find_map(|kind| {
            let matching = || self.0.iter().filter(|template| template.kind == kind);
            let exact = matching().find(|template| template.language == Some(language));
            let any = || matching().find(|template| template.language.is_none());
            let found = exact.or_else(any).or_else(|| matching().next());
            found.map(|template| template.id.as_str())
        })
    }

    /// Returns the kinds of codes that have no template.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        CODES.into_iter().filter(|kind| self.find(kind, Language::Chinese).is_none()).collect()
    }
}

/// The name of the product that starts a message (签名), for all languages, or `language=name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignName {
    language: Option<Language>,
    name: String,
}

impl FromStr for SignName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str =
            "expected the approved name of 2 to 16 characters without brackets, such as 门禁 or en=Menjin";
        let (language, name) = match text.split_once('=') {
            Some((tag, name)) => (Some(Language::from_tag(tag.trim()).ok_or(EXPECTED)?), name.trim()),
            None => (None, text.trim()),
        };
        let length = name.chars().count();
        if !(2..=16).contains(&length) || name.contains(['【', '】', '[', ']']) {
            return Err(EXPECTED);
        }
        Ok(Self { language, name: name.to_owned() })
    }
}

/// The signature names of a carrier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignNames(pub Vec<SignName>);

impl SignNames {
    /// Returns the name for a language; empty if none is configured.
    #[must_use]
    pub fn find(&self, language: Language) -> &str {
        let exact = self.0.iter().find(|name| name.language == Some(language));
        let any = || self.0.iter().find(|name| name.language.is_none());
        exact.or_else(any).or_else(|| self.0.first()).map(|name| name.name.as_str()).unwrap_or_default()
    }
}

/// A value that fills a placeholder of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// The verification code.
    Code,
    /// For how many minutes the code is valid.
    Minutes,
}

impl Parameter {
    /// Returns the name of the placeholder, for carriers whose placeholders have names.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Minutes => "minutes",
        }
    }
}

impl FromStr for Parameter {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "code" => Ok(Self::Code),
            "minutes" => Ok(Self::Minutes),
            _ => Err("expected code or minutes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_template_is_used() {
        let texts = ["code=1", "code.login=2", "code.login:en=3", "notice:zh-CN=4"];
        let templates = Templates(texts.iter().map(|text| text.parse().unwrap()).collect());
        assert_eq!(templates.find("code.login", Language::English), Some("3"));
        assert_eq!(templates.find("code.login", Language::Chinese), Some("2"));
        assert_eq!(templates.find("code.register", Language::English), Some("1"));
        assert_eq!(templates.find("notice.password_changed", Language::English), Some("4"));
        assert_eq!(templates.find("link.reset_password", Language::Chinese), None);
        assert!(templates.missing().is_empty());
        assert_eq!(Templates(vec!["code.login=2".parse().unwrap()]).missing().len(), 4);
    }

    #[test]
    fn malformed_templates_and_names_are_rejected() {
        for text in ["", "1001", "codes=1", "code:fr=1", "code=", "code=a b"] {
            assert!(text.parse::<Template>().is_err(), "{text}");
        }
        for text in ["", "门", "【门禁】", "fr=Menjin", "a name that is much too long"] {
            assert!(text.parse::<SignName>().is_err(), "{text}");
        }
        let names = SignNames(vec!["门禁".parse().unwrap(), "en=Menjin".parse().unwrap()]);
        assert_eq!((names.find(Language::Chinese), names.find(Language::English)), ("门禁", "Menjin"));
    }
}
