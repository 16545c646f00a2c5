//! `menjin restore`: restores an account that its owner deleted, as long as its data exists.

use super::service::Administration;
use crate::audit::Kind;
use crate::core::ids::{AuditId, UserId};
use crate::db::models::AuditEvent;
use crate::outcome::Refusal;

impl Administration {
    /// Restores an account; false when its owner has not deleted it. Its sessions stay revoked.
    pub async fn restore_account(&self, user: UserId) -> Result<bool, Refusal> {
        let event = AuditEvent {
            id: AuditId::new(&self.clock, &self.random).into(),
            at: self.clock.now().into(),
            kind: Kind::AccountRestored,
            user_id: Some(user.into()),
            session_id: None,
            address: None,
            user_agent: None,
            detail: serde_json::json!({ "method": "operator" }).to_string(),
        };
        self.db.restore_account(user, &event).await
    }
}
