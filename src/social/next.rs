//! `next`: where the client goes after a sign-in. If it could be any URL, it would be an open redirect.

use url::Url;

use crate::config::http::Origin;
use crate::core::invalid_value::InvalidValue;

/// The maximum length in characters.
const LONGEST: u32 = 2_048;
/// The base for resolving paths by the rules of browsers, to detect paths that leave the site.
const NOWHERE: &str = "http://nowhere.invalid";

/// Accepts a path of the client's site or a URL of an allowed origin, and returns it in the form that browsers use.
///
/// # Errors
/// [`InvalidValue::ForeignAddress`] for anything else, [`InvalidValue::TooLong`].
pub(super) fn checked(next: &str, allowed: &[Origin]) -> Result<String, InvalidValue> {
    if next.chars().nth(LONGEST as usize).is_some() {
        return Err(InvalidValue::TooLong(LONGEST));
    }
    let nowhere = Url::parse(NOWHERE).map_err(|_| InvalidValue::ForeignAddress)?;
    let url = nowhere.join(next).map_err(|_| InvalidValue::ForeignAddress)?;
    let plain = url.username().is_empty() && url.password().is_none();
    if url.origin() == nowhere.origin() {
        // Only a text that begins with a slash is always interpreted as a path; "nowhere.invalid" itself is not
        // allowed.
        let relative = next.starts_with('/') && plain;
        let path = &url[url::Position::BeforePath..];
        // "/.//evil.example" resolves to the path "//evil.example", which the next parser would interpret as a host.
        return if relative && !path.starts_with("//") {
            Ok(path.to_owned())
        } else {
            Err(InvalidValue::ForeignAddress)
        };
    }
    let origin = url.origin().ascii_serialization();
    // The origin of a blob URL is that of the page that created it.
    let known = plain
        && matches!(url.scheme(), "http" | "https")
        && allowed.iter().any(|allowed| allowed.as_str() == origin);
    if known { Ok(url.into()) } else { Err(InvalidValue::ForeignAddress) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn allowed() -> Vec<Origin> {
        vec!["https://app.example".parse().unwrap()]
    }

    #[test]
    fn paths_and_allowed_origins_stand() {
        for (next, expected) in [
            ("/", "/"),
            ("/orders?page=2#top", "/orders?page=2#top"),
            ("/我的", "/%E6%88%91%E7%9A%84"),
            ("https://app.example/orders", "https://app.example/orders"),
            ("https://APP.example:443/", "https://app.example/"),
        ] {
            assert_eq!(checked(next, &allowed()).as_deref(), Ok(expected), "{next}");
        }
    }

    #[test]
    fn nothing_leads_away() {
        for next in [
            "",
            "orders",
            "?x",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            " //evil.example",
            "/.//evil.example",
            "/a/..//evil.example",
            "https://evil.example/",
            "https:evil.example",
            "https://app.example.evil.example/",
            "https://app.example@evil.example/",
            "https://user@app.example/",
            "http://app.example/",
            "https://app.example:444/",
            "javascript:alert(1)",
            "blob:https://app.example/x",
            "data:text/html,x",
            "http://nowhere.invalid/",
            "http:/x",
        ] {
            assert_eq!(checked(next, &allowed()), Err(InvalidValue::ForeignAddress), "{next:?}");
        }
        assert_eq!(
            checked(&format!("/{}", "a".repeat(2_048)), &allowed()),
            Err(InvalidValue::TooLong(2_048))
        );
    }

    proptest! {
        #[test]
        fn what_stands_stays_on_allowed_origins(next in "[/\\\\a.:@\\t\\n %2fhtps]{0,24}|\\PC{0,24}") {
            if let Ok(next) = checked(&next, &allowed()) {
                let site = Url::parse("https://site.example/deep/page").unwrap();
                let target = site.join(&next).unwrap().origin().ascii_serialization();
                prop_assert!(["https://site.example", "https://app.example"].contains(&target.as_str()), "{}", next);
                prop_assert_eq!(checked(&next, &allowed()), Ok(next.clone()));
            }
        }
    }
}
