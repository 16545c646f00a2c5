//! Links that reset a password: 256 random bits, known by their digest only.
//!
//! They are kept in the durable store: a link outlives a Redis that forgets, and is used up in the transaction that
//! changes the password. Older links stay good beside a newer one, so that a stranger who asks again and again does not
//! spoil the one that the owner is about to open; all of them end with the first that is used.

use std::time::Duration;

use chrono::TimeDelta;

use crate::config::accounts::PageUrl;
use crate::core::clock::{Clock, Instant};
use crate::core::ids::UserId;
use crate::core::random::Random;
use crate::core::secret::{SecretString, sha256};
use crate::db::models::{ResetLink, User};
use crate::db::{Db, DbError};

/// Makes links and looks at them.
#[derive(Clone)]
pub struct ResetLinks {
    pub db: Db,
    pub clock: Clock,
    pub random: Random,
    /// The page that a link opens; from the configuration, never from a request.
    pub page: PageUrl,
    pub lifetime: Duration,
}

/// A link that can still be used, and whose password it resets. No `Debug`: it holds a person.
pub struct GoodLink {
    pub digest: Vec<u8>,
    pub expires_at: Instant,
    pub user: User,
}

/// A link to be mailed.
pub(super) struct NewLink {
    pub row: ResetLink,
    pub url: SecretString,
    pub minutes: u32,
}

/// Of 32 bytes in base64url, unpadded.
const TOKEN_LENGTH: usize = 43;

impl ResetLinks {
    pub(super) fn make(&self, user: Option<UserId>) -> NewLink {
        let token = self.random.token();
        let now = self.clock.now();
        let row = ResetLink {
            digest: sha256(token.as_bytes()).to_vec(),
            user_id: user.map(Into::into),
            expires_at: (now + TimeDelta::from_std(self.lifetime).unwrap_or_default()).into(),
            used_at: None,
            created_at: now.into(),
        };
        let minutes = u32::try_from(self.lifetime.as_secs() / 60).unwrap_or(u32::MAX);
        NewLink { row, url: SecretString::from(self.page.with("token", &token)), minutes }
    }

    /// The link of a token, when it can be used. Looking does not use it up: mail scanners open links.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn find(&self, token: &str) -> Result<Option<GoodLink>, DbError> {
        if token.len() != TOKEN_LENGTH {
            return Ok(None);
        }
        let digest = sha256(token.as_bytes()).to_vec();
        let Some(row) = self.db.find_reset_link(&digest).await? else { return Ok(None) };
        let good = row.used_at.is_none() && row.expires_at.0 > self.clock.now();
        let Some(id) = row.user_id.filter(|_| good) else { return Ok(None) };
        let user = self.db.find_user(id.into()).await?.filter(User::is_active);
        Ok(user.map(|user| GoodLink { digest, expires_at: row.expires_at.0, user }))
    }

    /// Whose link it is, or was.
    ///
    /// # Errors
    /// [`DbError`].
    pub(super) async fn owner(&self, token: &str) -> Result<Option<UserId>, DbError> {
        let row = self.db.find_reset_link(&sha256(token.as_bytes())).await?;
        Ok(row.and_then(|row| row.user_id).map(Into::into))
    }
}
