//! `resetLink`: returns whether a password reset link is valid.

use super::super::service::Accounts;
use crate::core::client::Client;
use crate::core::clock::Instant;
use crate::outcome::Refusal;

/// A valid link, as its owner may see it.
pub struct ResetLinkState {
    /// The masked e-mail address of the account.
    pub destination: Option<String>,
    pub expires_at: Instant,
}

impl Accounts {
    /// Looks a link up; `None` when it is unknown, used or expired. The link is not consumed.
    #[tracing::instrument(skip_all)]
    pub async fn reset_link(&self, token: &str, client: &Client) -> Result<Option<ResetLinkState>, Refusal> {
        self.kit.limits.redeem(&client.network()).await?;
        let link = self.find_reset_link(token).await?;
        Ok(link.map(|link| {
            let email = link.user.contacts().email;
            ResetLinkState { destination: email.map(|email| email.masked()), expires_at: link.expires_at }
        }))
    }
}
