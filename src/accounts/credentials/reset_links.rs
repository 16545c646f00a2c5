//! Password reset links: 256 random bits, stored as a digest.
//!
//! They are stored in the durable store, so that a link outlives a restart of Redis and is consumed in the transaction
//! that changes the password. Older links stay valid beside a newer one: otherwise a stranger who requests links could
//! invalidate the one that the owner is about to open. All of them are consumed with the first one that is used.

use chrono::TimeDelta;

use super::super::service::Accounts;
use crate::core::clock::Instant;
use crate::core::ids::UserId;
use crate::core::secret::{SecretString, sha256};
use crate::db::models::{ResetLink, User};
use crate::outcome::Refusal;

/// A valid link and the account whose password it resets. No `Debug`: it contains a user.
pub(super) struct ValidLink {
    pub(super) digest: Vec<u8>,
    pub(super) expires_at: Instant,
    pub(super) user: User,
}

/// A link to be mailed.
pub(super) struct NewLink {
    pub(super) row: ResetLink,
    pub(super) url: SecretString,
    pub(super) minutes: u32,
}

/// The length of 32 bytes in base64url without padding.
const TOKEN_LENGTH: usize = 43;

impl Accounts {
    /// Builds a link; nothing is written. Without a user it opens nothing.
    pub(super) fn new_reset_link(&self, user: Option<UserId>) -> NewLink {
        let lifetime = self.settings.reset_link_lifetime;
        let token = self.kit.random.token();
        let now = self.kit.clock.now();
        let row = ResetLink {
            digest: sha256(token.as_bytes()).to_vec(),
            user_id: user.map(Into::into),
            expires_at: (now + TimeDelta::from_std(lifetime).unwrap_or_default()).into(),
            used_at: None,
            created_at: now.into(),
        };
        let minutes = u32::try_from(lifetime.as_secs() / 60).unwrap_or(u32::MAX);
        NewLink { row, url: SecretString::from(self.reset_page.with("token", &token)), minutes }
    }

    /// Finds a valid link by its token. The link is not consumed: mail scanners open links.
    pub(super) async fn find_reset_link(&self, token: &str) -> Result<Option<ValidLink>, Refusal> {
        if token.len() != TOKEN_LENGTH {
            return Ok(None);
        }
        let digest = sha256(token.as_bytes()).to_vec();
        let Some(row) = self.kit.db.find_reset_link(&digest).await? else { return Ok(None) };
        let valid = row.used_at.is_none() && row.expires_at.0 > self.kit.clock.now();
        let Some(id) = row.user_id.filter(|_| valid) else { return Ok(None) };
        let user = self.kit.db.find_user(id.into()).await?.filter(User::is_active);
        Ok(user.map(|user| ValidLink { digest, expires_at: row.expires_at.0, user }))
    }

    /// Returns the owner of a link, valid or not.
    pub(super) async fn reset_link_owner(&self, token: &str) -> Result<Option<UserId>, Refusal> {
        let row = self.kit.db.find_reset_link(&sha256(token.as_bytes())).await?;
        Ok(row.and_then(|row| row.user_id).map(Into::into))
    }
}
