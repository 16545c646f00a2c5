//! Account settings.

use std::str::FromStr;
use std::time::Duration;

use url::Url;

use super::http::Origin;
use super::reader::Reader;
use crate::core::identifier::Region;

/// Account settings.
#[derive(Clone, Debug)]
pub struct AccountSettings {
    /// Regions whose mobile numbers are accepted. Numbers without a calling code belong to the first one.
    pub regions: Vec<Region>,
    pub reserved_names: Vec<String>,
    pub availability: bool,
    pub terms_version: Option<String>,
    /// In development, `None` means `/reset` at the gateway's public URL.
    pub reset_url: Option<PageUrl>,
    pub reset_link_lifetime: Duration,
    /// How long after a sign-in its session can change credentials without the password.
    pub fresh_session: Duration,
    /// The time between the deletion of an account and the purge of its data.
    pub deletion_grace: Duration,
    /// The time between a merge and the purge of the merged account.
    pub merge_undo: Duration,
}

/// The URL of a page of the application. The gateway adds query parameters to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageUrl(Url);

impl PageUrl {
    /// Returns the page at `path` of the gateway.
    ///
    /// # Panics
    /// If `path` does not begin with a slash.
    #[must_use]
    pub fn at(origin: &Origin, path: &str) -> Self {
        let text = format!("{}{path}", origin.as_str());
        text.parse().expect("an origin and a path form a URL")
    }

    /// Returns the URL with an additional query parameter.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> String {
        let mut url = self.0.clone();
        url.query_pairs_mut().append_pair(name, value);
        url.into()
    }

    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
}

impl FromStr for PageUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str =
            "expected an http:// or https:// URL without credentials and without a fragment";
        let url = Url::parse(text).map_err(|_| EXPECTED)?;
        let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        let fine = plain && url.has_host() && matches!(url.scheme(), "http" | "https");
        if fine { Ok(Self(url)) } else { Err(EXPECTED) }
    }
}

impl AccountSettings {
    /// Reads the section.
    pub fn read(reader: &mut Reader) -> Self {
        let settings = Self {
            regions: reader.list(
                "accounts.mobile_regions",
                "CN",
                "Regions whose mobile numbers are accepted, as ISO 3166 codes. Numbers without a calling code belong to the first one.",
            ),
            reserved_names: reader.list(
                "accounts.reserved_names",
                "",
                "Reserved user names and nicknames, in addition to the built-in list.",
            ),
            availability: reader.value(
                "accounts.availability",
                "true",
                "Whether availability queries (`usernameAvailable` and the like) are enabled. They reveal which accounts exist.",
            ),
            terms_version: reader.optional(
                "accounts.terms_version",
                "The version of the terms of service that users accept when they register. Stored with the account.",
            ),
            reset_url: reader.optional(
                "accounts.reset_url",
                "The page of your application that reset links open; the query parameter `token` is added (docs/accounts.md). Required in production. Default in development: `/reset` at `http.public_url`, where there is no page.",
            ),
            reset_link_lifetime: reader.duration(
                "accounts.reset_link_lifetime",
                "30m",
                "How long a reset link is valid.",
            ),
            fresh_session: reader.duration(
                "accounts.fresh_session",
                "10m",
                "How long after a sign-in users can change contacts or delete the account without entering the password.",
            ),
            deletion_grace: reader.duration(
                "accounts.deletion_grace",
                "7d",
                "How long an operator can restore a deleted account. Afterwards its data is purged.",
            ),
            merge_undo: reader.duration(
                "accounts.merge_undo",
                "30d",
                "How long an operator can undo a merge. Afterwards the merged account is purged.",
            ),
        };
        if settings.regions.is_empty() {
            reader.error("accounts.mobile_regions", "expected at least one region");
        }
        let minute = Duration::from_secs(60);
        let day = minute * 1_440;
        for (key, length, most) in [
            ("accounts.reset_link_lifetime", settings.reset_link_lifetime, day),
            ("accounts.fresh_session", settings.fresh_session, day),
        ] {
            if length < minute || length > most {
                reader.error(key, "1m to 1d");
            }
        }
        if settings.deletion_grace > day * 90 {
            reader.error("accounts.deletion_grace", "at most 90d");
        }
        if settings.merge_undo < day || settings.merge_undo > day * 90 {
            reader.error("accounts.merge_undo", "1d to 90d");
        }
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_added_to_the_query_of_the_page() {
        let with = |text: &str| text.parse::<PageUrl>().map(|page| page.with("token", "a-_"));
        assert_eq!(with("https://a.example/reset").as_deref(), Ok("https://a.example/reset?token=a-_"));
        assert_eq!(with("https://a.example?b=c").as_deref(), Ok("https://a.example/?b=c&token=a-_"));
        for text in [
            "",
            "a.example",
            "ftp://a.example",
            "https://u@a.example",
            "https://a.example/#x",
            "javascript:1",
        ] {
            assert!(with(text).is_err(), "{text}");
        }
    }
}
