//! What an operator does for somebody who deleted an account by mistake, or did not delete it at all: opens it again,
//! as long as it is not erased. `menjin restore` calls this.

use crate::audit::Kind;
use crate::core::clock::Clock;
use crate::core::ids::{AuditId, UserId};
use crate::core::random::Random;
use crate::db::models::AuditEvent;
use crate::db::{Db, DbError};

/// Restores accounts.
#[derive(Clone)]
pub struct RestoreAccount {
    pub db: Db,
    pub clock: Clock,
    pub random: Random,
}

impl RestoreAccount {
    /// Restores the account; false when it is not on its way out. Its sessions do not come back.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn run(&self, user: UserId) -> Result<bool, DbError> {
        let event = AuditEvent {
            id: AuditId::new(&self.clock, &self.random).into(),
            at: self.clock.now().into(),
            kind: Kind::AccountRestored.word().into(),
            user_id: Some(user.into()),
            session_id: None,
            address: None,
            user_agent: None,
            detail: serde_json::json!({ "method": "operator" }).to_string(),
        };
        self.db.restore_account(user, &event).await
    }
}
