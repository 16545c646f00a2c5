//! The row of a new account.

use crate::core::clock::Clock;
use crate::core::contact::Contact;
use crate::core::identifier::{Nickname, Username};
use crate::core::ids::UserId;
use crate::core::random::Random;
use crate::core::roles::Roles;
use crate::db::models::NewUser;
use crate::db::types::AccountStatus;

/// The names and the picture of a new account.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    pub username: &'a Username,
    pub nickname: &'a Nickname,
    pub avatar_url: Option<&'a str>,
}

/// Builds the row of a new account with a verified contact.
#[must_use]
pub fn row(
    names: Names<'_>,
    contact: &Contact,
    password_hash: Option<&str>,
    terms_version: Option<String>,
    (clock, random): (&Clock, &Random),
) -> NewUser {
    let now = clock.now();
    let (mobile, email) = match contact {
        Contact::Mobile(mobile) => (Some(mobile.e164().to_owned()), None),
        Contact::Email(email) => (None, Some(email)),
    };
    NewUser {
        id: UserId::new(clock, random),
        username: names.username.as_str().into(),
        username_key: names.username.key().into(),
        nickname: names.nickname.as_str().into(),
        nickname_key: names.nickname.key().into(),
        avatar_url: names.avatar_url.map(Into::into),
        mobile,
        email: email.map(|email| email.as_str().to_owned()),
        email_key: email.map(|email| email.key().to_owned()),
        password_hash: password_hash.map(Into::into),
        roles: Roles::default(),
        status: AccountStatus::Active,
        terms_version,
        created_at: now.into(),
        updated_at: now.into(),
    }
}
