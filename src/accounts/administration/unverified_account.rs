//! A new account of an operator or an import. Its contacts are not verified by codes.

use super::super::naming;
use crate::core::clock::{Clock, Instant};
use crate::core::identifier::{EmailAddress, Mobile, Nickname, Username};
use crate::core::ids::UserId;
use crate::core::random::Random;
use crate::core::roles::Roles;
use crate::db::models::NewUser;
use crate::db::types::AccountStatus;

/// A new account, before its row is built. No `Debug`: it contains a password hash.
#[derive(Clone)]
pub struct UnverifiedAccount {
    /// Generated where it is missing.
    pub username: Option<Username>,
    /// Derived from the user name where it is missing.
    pub nickname: Option<Nickname>,
    pub mobile: Option<Mobile>,
    pub email: Option<EmailAddress>,
    pub password_hash: Option<String>,
    pub roles: Roles,
    pub status: AccountStatus,
    /// When the account was created; in the past.
    pub created_at: Instant,
}

impl UnverifiedAccount {
    /// Builds the row. The time in its id is that of the account, not of the row.
    #[must_use]
    pub fn row(&self, now: Instant, random: &Random) -> NewUser {
        let username = self.username.clone().unwrap_or_else(|| naming::username(random));
        let nickname = self.nickname.clone().unwrap_or_else(|| {
            Nickname::parse_any(username.as_str())
                .unwrap_or_else(|_| naming::nickname(username.as_str(), random))
        });
        NewUser {
            id: UserId::new(&Clock::manual(self.created_at), random),
            username: username.as_str().into(),
            username_key: username.key().into(),
            nickname: nickname.as_str().into(),
            nickname_key: nickname.key().into(),
            avatar_url: None,
            mobile: self.mobile.as_ref().map(|mobile| mobile.e164().to_owned()),
            email: self.email.as_ref().map(|email| email.as_str().to_owned()),
            email_key: self.email.as_ref().map(|email| email.key().to_owned()),
            password_hash: self.password_hash.clone(),
            roles: self.roles.clone(),
            status: self.status,
            terms_version: None,
            created_at: self.created_at.into(),
            updated_at: now.into(),
        }
    }
}

/// Gives `row` a similar nickname, because its own is already in use.
pub(in crate::accounts) fn rename(row: &mut NewUser, random: &Random) {
    let nickname = naming::nickname(&row.nickname, random);
    row.nickname = nickname.as_str().into();
    row.nickname_key = nickname.key().into();
}
