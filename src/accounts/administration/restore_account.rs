//! `menjin restore`: restores an account that its owner deleted, as long as its data exists.

use super::service::Administration;
use crate::audit::Kind;
use crate::core::ids::UserId;
use crate::outcome::Refusal;

impl Administration {
    /// Restores an account; false when its owner has not deleted it. Its sessions stay revoked.
    #[tracing::instrument(skip_all, fields(user = %user))]
    pub async fn restore_account(&self, user: UserId) -> Result<bool, Refusal> {
        let event = self.audit.by_operator(Kind::AccountRestored, user, &[]);
        self.db.restore_account(user, &event).await
    }
}
