//! `deleteAccount`: revokes every session and makes signing in impossible. After a grace period, in which an operator can
//! restore the account, the hourly upkeep (`db/upkeep.rs`) deletes its data.

use chrono::TimeDelta;

use super::super::changes::{Change, Write};
use super::super::credentials::reauthentication::ReauthenticationRefusal;
use super::super::service::Accounts;
use crate::audit::Kind;
use crate::core::client::Client;
use crate::core::clock::Instant;
use crate::core::secret::SecretString;
use crate::db::changes::RevokeScope;
use crate::delivery::{Channel, NoticeTopic};
use crate::limits::ChangeKind;
use crate::sessions::Caller;

impl Accounts {
    /// Deletes the account and returns when its data is deleted.
    #[tracing::instrument(skip_all, fields(user = %caller.user.id))]
    pub async fn delete_account(
        &self,
        current_password: Option<SecretString>,
        caller: &Caller,
        client: &Client,
    ) -> Result<Instant, ReauthenticationRefusal> {
        let user = &caller.user;
        let authorization = self.reauthenticate(caller, current_password, client).await?;
        self.kit.limits.account_change(ChangeKind::Deletion, &user.id.to_string()).await?;
        let grace = TimeDelta::from_std(self.settings.deletion_grace).unwrap_or_default();
        let due = self.kit.clock.now() + grace;
        let change = Change {
            user,
            authorization,
            kind: Kind::DeletionScheduled,
            method: "owner",
            session: Some(caller.session.id),
            revokes: RevokeScope::All,
            notice: Some((Channel::Email, NoticeTopic::AccountDeleted { purge_at: due })),
        };
        self.apply(change, Write::Deletion(due), client).await?;
        Ok(due)
    }
}
