//! Accounts: who may register, and under which names.

use std::str::FromStr;
use std::time::Duration;

use url::Url;

use super::http::Origin;
use super::reader::Reader;
use crate::core::identifier::Region;

/// What accounts may look like.
#[derive(Clone, Debug)]
pub struct AccountSettings {
    /// Where codes may be sent; the first is meant when a number has no calling code.
    pub regions: Vec<Region>,
    pub reserved_names: Vec<String>,
    pub availability: bool,
    pub terms_version: Option<String>,
    /// Missing, in development only: `/reset` at the gateway's public address.
    pub reset_url: Option<PageUrl>,
    pub reset_link_lifetime: Duration,
    /// How long after a sign-in its session may change credentials without the password.
    pub fresh_session: Duration,
    /// Between the deletion of an account and its erasure.
    pub deletion_grace: Duration,
    /// Between the merge of an account into another and its erasure.
    pub merge_undo: Duration,
}

/// A page of the application. Our parameters go into its query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageUrl(Url);

impl PageUrl {
    /// The page at `path` of the gateway itself.
    ///
    /// # Panics
    /// When `path` does not begin with a slash: a mistake in this program.
    #[must_use]
    pub fn at(origin: &Origin, path: &str) -> Self {
        let text = format!("{}{path}", origin.as_str());
        text.parse().expect("an origin and a path make an address")
    }

    /// The address with one parameter more.
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
            "http:// or https:// and a host are expected, no name or password, and no fragment";
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
                "Regions whose mobile numbers are taken, by ISO 3166 code; the first is meant when a number has no calling code.",
            ),
            reserved_names: reader.list(
                "accounts.reserved_names",
                "",
                "User names and nicknames that nobody may take, beside the built-in ones.",
            ),
            availability: reader.value(
                "accounts.availability",
                "true",
                "Whether `usernameAvailable` and its sisters answer. They tell strangers which accounts exist.",
            ),
            terms_version: reader.optional(
                "accounts.terms_version",
                "The version of the terms that people accept when they register; kept with the account.",
            ),
            reset_url: reader.optional(
                "accounts.reset_url",
                "Your page for new passwords, which mailed reset links open; `token` is added to its query (docs/accounts.md). Needed in production; development: `/reset` at `http.public_url`, where nothing is.",
            ),
            reset_link_lifetime: reader.duration(
                "accounts.reset_link_lifetime",
                "30m",
                "How long a mailed reset link is good.",
            ),
            fresh_session: reader.duration(
                "accounts.fresh_session",
                "10m",
                "How long after a sign-in addresses may be changed and the account deleted without the password.",
            ),
            deletion_grace: reader.duration(
                "accounts.deletion_grace",
                "7d",
                "How long a deleted account can be restored by an operator; then it is erased.",
            ),
            merge_undo: reader.duration(
                "accounts.merge_undo",
                "30d",
                "How long the merge of two accounts can be undone by an operator; then the merged one is erased.",
            ),
        };
        if settings.regions.is_empty() {
            reader.error("accounts.mobile_regions", "at least one region is needed");
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
    fn a_page_keeps_its_query_and_takes_one_parameter_more() {
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
