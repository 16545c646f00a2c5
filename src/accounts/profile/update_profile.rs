//! `updateProfile`: changes names and the picture.

use url::Url;

use super::super::service::Accounts;
use crate::core::client::Client;
use crate::core::identifier::{Nickname, Username};
use crate::core::invalid_value::InvalidValue;
use crate::db::changes::ProfileChange;
use crate::db::models::User;
use crate::db::{Taken, WriteError};
use crate::delivery::NoticeTopic;
use crate::outcome::{FieldErrors, Refusal};
use crate::sessions::Caller;

/// The input of `updateProfile`; `None` leaves a value as it is.
#[derive(Default)]
pub struct Profile {
    pub username: Option<String>,
    pub nickname: Option<String>,
    /// `Some(None)` removes the picture.
    pub avatar_url: Option<Option<String>>,
}

/// Why the profile was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateProfileRefusal {
    /// The path of the input field whose value is already in use.
    #[error("{0} is already in use")]
    IdentifierTaken(&'static str),
    #[error(transparent)]
    Shared(#[from] Refusal),
}

impl From<WriteError> for UpdateProfileRefusal {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Taken(Taken::Username) => Self::IdentifierTaken("username"),
            WriteError::Taken(Taken::Nickname) => Self::IdentifierTaken("nickname"),
            // No credential was asked for, so only the session can have become stale.
            WriteError::Stale(_) => Self::Shared(Refusal::SessionEnded),
            WriteError::Taken(
                Taken::Mobile | Taken::Email | Taken::IdentityLinked | Taken::ProviderLinked | Taken::Other,
            )
            | WriteError::Failed(_) => Self::Shared(error.into()),
        }
    }
}

/// In bytes. Some browsers and proxies refuse longer URLs.
const LONGEST_URL: u32 = 2_048;

impl Accounts {
    /// Changes what is given and returns the account as it is afterwards. The owner is notified of a changed user name,
    /// since people sign in with it.
    #[tracing::instrument(skip_all, fields(user = %caller.user.id))]
    pub async fn update_profile(
        &self,
        input: Profile,
        caller: &Caller,
        client: &Client,
    ) -> Result<User, UpdateProfileRefusal> {
        let change = self.parse_profile(input)?;
        if change == ProfileChange::default() {
            return Ok(caller.user.clone());
        }
        let renamed = change.username.as_ref().is_some_and(|name| *name != caller.user.username);
        let notice = renamed.then_some(NoticeTopic::UsernameChanged);
        Ok(self.change_profile(&change, notice, caller, client).await?)
    }

    fn parse_profile(&self, input: Profile) -> Result<ProfileChange, Refusal> {
        let reserved = &self.settings.reserved_names;
        let mut errors = FieldErrors::new();
        let username = input.username.map(|name| Username::parse(&name, reserved));
        let nickname = input.nickname.map(|name| Nickname::parse(&name, reserved));
        let avatar_url = input.avatar_url.map(|url| url.map(|url| picture(&url)).transpose());
        let username = errors.note_optional("username", username);
        let nickname = errors.note_optional("nickname", nickname);
        let change = ProfileChange {
            username: username.as_ref().map(|name| name.as_str().to_owned()),
            username_key: username.map(|name| name.key().to_owned()),
            nickname: nickname.as_ref().map(|name| name.as_str().to_owned()),
            nickname_key: nickname.map(|name| name.key().to_owned()),
            avatar_url: errors.note_optional("avatarUrl", avatar_url),
        };
        errors.finish(Some(change))
    }
}

/// Parses the URL of a picture, which other people's pages show: https only, without credentials.
pub fn picture(text: &str) -> Result<String, InvalidValue> {
    let text = text.trim();
    if text.is_empty() {
        return Err(InvalidValue::Empty);
    }
    if text.len() > LONGEST_URL as usize {
        return Err(InvalidValue::TooLong(LONGEST_URL));
    }
    let url = Url::parse(text).map_err(|_| InvalidValue::NotAnHttpsUrl)?;
    let without_credentials = url.username().is_empty() && url.password().is_none();
    // A host may contain quotes, which pages that show the picture may not expect.
    let harmless = |host: &str| host.chars().all(|c| c.is_ascii_alphanumeric() || ".-_:[]".contains(c));
    let valid = url.scheme() == "https" && url.host_str().is_some_and(harmless) && without_credentials;
    if valid && !url.as_str().contains(['"', '\'', '<', '>', '`']) {
        Ok(url.into())
    } else {
        Err(InvalidValue::NotAnHttpsUrl)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pictures_have_https_urls() {
        assert_eq!(picture(" https://a.example/å b.png ").as_deref(), Ok("https://a.example/%C3%A5%20b.png"));
        for text in [
            "http://a.example/a.png",
            "javascript:alert(1)",
            "data:image/png;base64,AA==",
            "//a.example/a.png",
            "a.png",
            "https://",
            "https://user@a.example/",
            "https://user:word@a.example/",
            "https://\"a/",
            "https://a.example/'onload='x",
        ] {
            assert_eq!(picture(text), Err(InvalidValue::NotAnHttpsUrl), "{text}");
        }
        assert_eq!(picture(" "), Err(InvalidValue::Empty));
        assert_eq!(
            picture(&format!("https://a.example/{}", "a".repeat(2_048))),
            Err(InvalidValue::TooLong(2_048))
        );
    }

    proptest! {
        #[test]
        fn a_valid_url_is_https_and_parses_again(text in "\\PC{0,40}|https://\\PC{0,40}") {
            if let Ok(url) = picture(&text) {
                prop_assert!(url.starts_with("https://"));
                prop_assert!(url.is_ascii() && !url.contains(['"', '<', '>', ' ']));
                prop_assert_eq!(picture(&url), Ok(url.clone()));
            }
        }
    }
}
