//! Fields of an account that its owner sees: identities and activity. `Query.me` and `_entities` use them.

use super::super::service::Accounts;
use crate::core::ids::UserId;
use crate::db::identities::Identity;
use crate::db::models::{AuditEvent, User};
use crate::outcome::Refusal;

/// How many entries of the audit log are shown.
const ENTRIES: i64 = 50;

impl Accounts {
    /// Finds an active account by id.
    #[tracing::instrument(skip_all, fields(user = %id))]
    pub async fn find_active(&self, id: UserId) -> Result<Option<User>, Refusal> {
        Ok(self.kit.db.find_user(id).await?.filter(User::is_active))
    }

    /// Returns the identities at providers that are linked to an account, first linked first.
    #[tracing::instrument(skip_all, fields(user = %user))]
    pub async fn identities(&self, user: UserId) -> Result<Vec<Identity>, Refusal> {
        self.kit.db.identities_of(user).await
    }

    /// Returns the newest entries of the audit log about an account, newest first; at most 50.
    #[tracing::instrument(skip_all, fields(user = %user))]
    pub async fn activity(&self, user: UserId) -> Result<Vec<AuditEvent>, Refusal> {
        self.kit.db.activity(user, ENTRIES).await
    }
}
