//! Failed verifications, in the audit log.

use super::service::Accounts;
use crate::audit::Kind;
use crate::core::client::Client;
use crate::core::ids::{SessionId, UserId};

impl Accounts {
    /// Records that somebody failed to verify their identity by `method`. A failure to record it is logged and changes
    /// nothing for the client.
    pub(super) async fn record_failed_verification(
        &self,
        user: Option<UserId>,
        session: Option<SessionId>,
        method: &str,
        client: &Client,
    ) {
        let event = self.kit.audit.event(Kind::ReauthenticationFailed, user, session, method, client);
        if let Err(error) = self.kit.db.record(&event).await {
            tracing::warn!(%error, "a failed verification could not be recorded");
        }
    }
}
