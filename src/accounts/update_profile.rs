//! `updateProfile`: other names, another picture.

use url::Url;

use super::audit::{Audit, Kind};
use super::me::Caller;
use super::notices::Notices;
use crate::config::accounts::AccountSettings;
use crate::core::client::Client;
use crate::core::clock::Clock;
use crate::core::identifier::{Nickname, Username};
use crate::core::problem::{Fault, FieldFault};
use crate::db::changes::{AccountChange, Ends, ProfileChange, Right, Unchanged};
use crate::db::models::User;
use crate::db::{Db, DbError, Taken};
use crate::delivery::{Channel, NoticeTopic};
use crate::limits::{ChangeKind, LimitError, Limiter};
use crate::verification::{Denied, refusals};

/// What the person filled in; `None` leaves a value as it is.
#[derive(Default)]
pub struct Profile {
    pub username: Option<String>,
    pub nickname: Option<String>,
    /// `Some(None)` takes the picture away.
    pub avatar_url: Option<Option<String>>,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ProfileRefusal {
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The path of the input field whose value belongs to another account.
    #[error("{0} is taken")]
    Taken(&'static str),
}

refusals!(ProfileRefusal: LimitError, Vec<FieldFault>);

impl From<DbError> for ProfileRefusal {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Taken(Taken::Username) => Self::Taken("username"),
            DbError::Taken(Taken::Nickname) => Self::Taken("nickname"),
            DbError::Taken(_) | DbError::Unavailable(_) | DbError::Fault(_) => Self::Denied(error.into()),
        }
    }
}

/// Changes profiles.
#[derive(Clone)]
pub struct UpdateProfile {
    pub db: Db,
    pub limits: Limiter,
    pub notices: Notices,
    pub audit: Audit,
    pub settings: AccountSettings,
    pub clock: Clock,
}

/// In bytes. Longer addresses are refused by some browsers and proxies.
const LONGEST_URL: u32 = 2_048;

impl UpdateProfile {
    /// Changes what is given; tells the person as they are afterwards. The owner is told of another user name: it is
    /// what people sign in with.
    ///
    /// # Errors
    /// [`ProfileRefusal`].
    pub async fn run(
        &self,
        input: Profile,
        caller: &Caller,
        client: &Client,
    ) -> Result<User, ProfileRefusal> {
        let mut user = caller.user.clone();
        let change = self.parse(input)?;
        if change.username.is_none() && change.nickname.is_none() && change.avatar_url.is_none() {
            return Ok(user);
        }
        self.limits.account_change(ChangeKind::Profile, &user.id.to_string()).await?;
        let renamed = change.username.as_ref().is_some_and(|(name, _)| *name != user.username);
        let event =
            self.audit.event(Kind::ProfileUpdated, Some(user.id), Some(caller.session.id), "owner", client);
        let notice = renamed
            .then(|| self.notices.to(&user, Channel::Email, NoticeTopic::UsernameChanged, client.language))
            .flatten();
        let write = AccountChange {
            user: user.id,
            right: Right::Session { id: caller.session.id, password: None },
            now: self.clock.now(),
            ends: Ends::Nothing,
            reason: Kind::ProfileUpdated.word(),
            event: &event,
            notice: notice.as_ref(),
        };
        // No proof was asked for that could have become worthless.
        self.db.update_profile(&write, &change).await?.map_err(|_: Unchanged| Denied::SignedOut)?;
        self.notices.written();
        if let Some((shown, _)) = change.username {
            user.username = shown;
        }
        if let Some((shown, _)) = change.nickname {
            user.nickname = shown;
        }
        if let Some(url) = change.avatar_url {
            user.avatar_url = url;
        }
        Ok(user)
    }

    fn parse(&self, input: Profile) -> Result<ProfileChange, Vec<FieldFault>> {
        let mut faults = Vec::new();
        let mut change = ProfileChange::default();
        let reserved = &self.settings.reserved_names;
        match input.username.map(|name| Username::parse(&name, reserved)) {
            Some(Ok(name)) => change.username = Some((name.as_str().to_owned(), name.key().to_owned())),
            Some(Err(fault)) => faults.push(FieldFault::new("username", fault)),
            None => {}
        }
        match input.nickname.map(|name| Nickname::parse(&name, reserved)) {
            Some(Ok(name)) => change.nickname = Some((name.as_str().to_owned(), name.key().to_owned())),
            Some(Err(fault)) => faults.push(FieldFault::new("nickname", fault)),
            None => {}
        }
        match input.avatar_url.map(|url| url.map(|url| picture(&url)).transpose()) {
            Some(Ok(url)) => change.avatar_url = Some(url),
            Some(Err(fault)) => faults.push(FieldFault::new("avatarUrl", fault)),
            None => {}
        }
        if faults.is_empty() { Ok(change) } else { Err(faults) }
    }
}

/// An https address. Others show it in pages of theirs: no scripts, no plain http, no names and passwords in it.
///
/// # Errors
/// [`Fault::Empty`], [`Fault::TooLong`], [`Fault::NotAnHttpsUrl`].
pub fn picture(text: &str) -> Result<String, Fault> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Fault::Empty);
    }
    if text.len() > LONGEST_URL as usize {
        return Err(Fault::TooLong(LONGEST_URL));
    }
    let url = Url::parse(text).map_err(|_| Fault::NotAnHttpsUrl)?;
    let plain = url.username().is_empty() && url.password().is_none();
    // A host may hold quotes for all that URLs say; pages that show the picture may not expect that.
    let sane = |host: &str| host.chars().all(|c| c.is_ascii_alphanumeric() || ".-_:[]".contains(c));
    let fine = url.scheme() == "https" && url.host_str().is_some_and(sane) && plain;
    if fine && !url.as_str().contains(['"', '\'', '<', '>', '`']) {
        Ok(url.into())
    } else {
        Err(Fault::NotAnHttpsUrl)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pictures_are_https_addresses() {
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
            assert_eq!(picture(text), Err(Fault::NotAnHttpsUrl), "{text}");
        }
        assert_eq!(picture(" "), Err(Fault::Empty));
        assert_eq!(picture(&format!("https://a.example/{}", "a".repeat(2_048))), Err(Fault::TooLong(2_048)));
    }

    proptest! {
        #[test]
        fn what_stands_is_https_and_stands_again(text in "\\PC{0,40}|https://\\PC{0,40}") {
            if let Ok(url) = picture(&text) {
                prop_assert!(url.starts_with("https://"));
                prop_assert!(url.is_ascii() && !url.contains(['"', '<', '>', ' ']));
                prop_assert_eq!(picture(&url), Ok(url.clone()));
            }
        }
    }
}
