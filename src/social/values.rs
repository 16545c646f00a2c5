//! Validates values of providers. Every value that is stored or shown is validated and limited here. `None` means that
//! the value is not acceptable.

use url::Url;

use crate::core::identifier::EmailAddress;

/// `OpenID` Connect Core 1.0, section 2, on `sub`. The longest of the others is QQ's unionid with 64 characters.
const LONGEST_SUBJECT: usize = 255;
const LONGEST_NICKNAME: usize = 64;
/// The maximum length in bytes.
const LONGEST_AVATAR: usize = 2048;
const LONGEST_CODE: usize = 64;

/// Validates the subject at a provider: 1 to 255 visible ASCII characters. Nothing is trimmed or folded, because
/// subjects that differ are different identities.
#[must_use]
pub fn subject(text: &str) -> Option<String> {
    let fine =
        (1..=LONGEST_SUBJECT).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    fine.then(|| text.to_owned())
}

/// Returns the display name at a provider: at most 64 characters, without control characters and without characters
/// that change the direction of the surrounding text.
#[must_use]
pub fn nickname(text: &str) -> Option<String> {
    let kept = text.chars().filter(|character| !character.is_control() && !turns_or_breaks(*character));
    let name: String =
        kept.skip_while(|character| character.is_whitespace()).take(LONGEST_NICKNAME).collect();
    let name = name.trim_end();
    (!name.is_empty()).then(|| name.to_owned())
}

/// Line and paragraph separators, and the marks, embeddings, overrides and isolates of Unicode's bidirectional
/// algorithm (UAX #9, section 2). Joiners are allowed, because emoji need them.
fn turns_or_breaks(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Validates the URL of a picture: http or https with a host, no credentials, at most 2048 bytes.
#[must_use]
pub fn avatar(text: &str) -> Option<String> {
    if text.len() > LONGEST_AVATAR {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let plain = url.username().is_empty() && url.password().is_none();
    let fine = matches!(url.scheme(), "http" | "https") && url.has_host() && plain;
    let text = String::from(url);
    (fine && text.len() <= LONGEST_AVATAR).then_some(text)
}

/// Validates a provider's error code: 1 to 64 of `A-Z a-z 0-9 _ . -`, because it is shown and logged.
#[must_use]
pub fn error_code(text: &str) -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    let fine = (1..=LONGEST_CODE).contains(&text.len()) && text.bytes().all(allowed);
    fine.then(|| text.to_owned())
}

/// Parses an e-mail address. The caller must check that the provider has verified it.
#[must_use]
pub fn email(text: &str) -> Option<String> {
    EmailAddress::parse(text).ok().map(|email| email.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_subject_is_taken_whole_or_not_at_all() {
        for good in ["1", "UID_0123456789ABCDEF", "auth0|5f7c8ec7", &"x".repeat(255)] {
            assert_eq!(subject(good).as_deref(), Some(good));
        }
        for bad in ["", " ", "a b", " a", "a\n", "\0", "张三", "a\u{200b}", &"x".repeat(256)] {
            assert_eq!(subject(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_nickname_loses_what_is_not_to_be_seen() {
        for (sent, kept) in [
            ("Alice", Some("Alice")),
            ("  小明 🧑‍🚀 ", Some("小明 🧑‍🚀")),
            ("a\u{0}b\r\nc\u{7f}\u{9f}", Some("abc")),
            ("\u{202e}ecila\u{2066}", Some("ecila")),
            ("<b>&amp;", Some("<b>&amp;")),
            ("", None),
            (" \u{3000}\t\u{202e}", None),
        ] {
            assert_eq!(nickname(sent).as_deref(), kept, "{sent:?}");
        }
        assert_eq!(nickname(&"字".repeat(99)).unwrap().chars().count(), 64);
    }

    #[test]
    fn an_avatar_is_an_address_of_the_web() {
        let http = "http://thirdqq.qlogo.cn/g?b=oidb&k=example&s=100&t=1574255425";
        assert_eq!(avatar(http).as_deref(), Some(http));
        assert!(avatar("https://avatars.example/u/1?v=4").is_some());
        let long = format!("https://a.example/{}", "x".repeat(2048));
        let grows = format!("https://a.example/{}", "字".repeat(400));
        for bad in [
            "",
            "/a.png",
            "//a.example/b.png",
            "javascript:alert(1)",
            "data:image/png;base64,AA==",
            "ftp://a.example/b.png",
            "https://user:password@a.example/",
            "https://",
            &long,
            &grows,
        ] {
            assert_eq!(avatar(bad), None, "{bad}");
        }
        assert_eq!(avatar("https://a.example/\"><b>").as_deref(), Some("https://a.example/%22%3E%3Cb%3E"));
    }

    #[test]
    fn an_error_code_is_a_number_or_a_word() {
        for good in ["100019", "-1", "invalid_grant", "a.b", &"x".repeat(64)] {
            assert_eq!(error_code(good).as_deref(), Some(good));
        }
        for bad in ["", "a b", "<b>", "é", "a\nb", &"x".repeat(65)] {
            assert_eq!(error_code(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn an_email_could_be_written_to() {
        assert_eq!(email("Octo@GitHub.com").as_deref(), Some("Octo@github.com"));
        assert_eq!(email("nobody"), None);
    }

    proptest! {
        #[test]
        fn nothing_breaks_them_and_bounds_hold(text in any::<String>()) {
            prop_assert!(subject(&text).is_none_or(|kept| kept == text));
            if let Some(name) = nickname(&text) {
                prop_assert!(name.chars().count() <= 64 && !name.chars().any(char::is_control));
                prop_assert_eq!(nickname(&name), Some(name));
            }
            prop_assert!(avatar(&text).is_none_or(|kept| kept.starts_with("http") && kept.len() <= 2048));
            prop_assert!(error_code(&text).is_none_or(|kept| kept == text));
            prop_assert!(email(&text).is_none_or(|kept| kept.contains('@')));
        }
    }
}
