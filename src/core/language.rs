//! The languages of messages, and the choice between them.

/// A language of messages. Chinese is the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// Simplified Chinese, `zh-CN`.
    #[default]
    Chinese,
    /// English, `en`.
    English,
}

impl Language {
    /// Returns the BCP 47 tag for `Content-Language` and the database.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// Parses a tag that [`Language::tag`] returned.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        [Self::Chinese, Self::English].into_iter().find(|language| language.tag() == tag)
    }

    /// Selects the language by `Accept-Language` (RFC 9110, section 12.5.4): the highest quality first, then the order;
    /// Chinese if nothing matches. Any Chinese tag selects simplified Chinese, any English tag English.
    #[must_use]
    pub fn from_accept_language(header: &str) -> Self {
        let mut best: Option<(f32, Self)> = None;
        for range in header.split(',').take(32) {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default().to_ascii_lowercase();
            let language = match tag.split('-').next() {
                Some("zh") => Self::Chinese,
                Some("en") => Self::English,
                Some("*") => Self::default(),
                _ => continue,
            };
            let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |text| {
                text.parse::<f32>().ok().filter(|q| (0.0..=1.0).contains(q)).unwrap_or(0.0)
            });
            if quality > 0.0 && best.is_none_or(|(quality_so_far, _)| quality > quality_so_far) {
                best = Some((quality, language));
            }
        }
        best.map(|(_, language)| language).unwrap_or_default()
    }
}

/// Inserts a provider's name at each `{provider}` in a Chinese text. A name in Latin letters gets blanks between it and
/// Chinese characters, but not before punctuation.
#[must_use]
pub fn insert_provider(text: &str, name: &str) -> String {
    let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let Some((before, after)) = text.split_once("{provider}") else { return text.to_owned() };
    let left = if latin(name.chars().next()) && before.ends_with(char::is_alphabetic) { " " } else { "" };
    let right = if latin(name.chars().last()) && after.starts_with(char::is_alphabetic) { " " } else { "" };
    format!("{before}{left}{name}{right}{}", insert_provider(after, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_quality_wins_and_chinese_is_the_default() {
        for (header, expected) in [
            ("", Language::Chinese),
            ("en", Language::English),
            ("en-GB,en;q=0.9", Language::English),
            ("zh-TW,en;q=0.9", Language::Chinese),
            ("en;q=0.3, zh-CN;q=0.8", Language::Chinese),
            ("fr, en;q=0.5", Language::English),
            ("fr", Language::Chinese),
            ("en;q=0", Language::Chinese),
            ("en;q=nonsense, zh;q=0.1", Language::Chinese),
        ] {
            assert_eq!(Language::from_accept_language(header), expected, "{header}");
        }
    }
}
