//! `deleteAccount`: every session ends and nobody signs in any more; after a time of grace, in which an operator can
//! restore the account, it is erased by the hourly upkeep (`db/upkeep.rs`).

use std::time::Duration;

use chrono::TimeDelta;

use super::me::Caller;
use super::notices::Notices;
use super::reauthentication::{Reauthentication, unproven};
use super::stale_codes;
use crate::audit::{Audit, Kind};
use crate::core::client::Client;
use crate::core::clock::{Clock, Instant};
use crate::core::secret::SecretString;
use crate::db::changes::{AccountChange, Ends};
use crate::db::{Db, DbError};
use crate::delivery::{Channel, NoticeTopic};
use crate::limits::{ChangeKind, Limiter};
use crate::outcome::Refusal;
use crate::verification::{Codes, Denied, refusals};

/// Why the account stays.
#[derive(Debug, thiserror::Error)]
pub enum DeleteRefusal {
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error("the password is wrong")]
    Rejected,
    #[error("a password or a fresh sign-in is asked for")]
    Required,
}

refusals!(DeleteRefusal: Refusal, DbError);
unproven!(DeleteRefusal);

/// Deletes accounts.
#[derive(Clone)]
pub struct DeleteAccount {
    pub db: Db,
    pub codes: Codes,
    pub limits: Limiter,
    pub reauthentication: Reauthentication,
    pub notices: Notices,
    pub audit: Audit,
    pub clock: Clock,
    /// Between the deletion and the erasure.
    pub grace: Duration,
}

impl DeleteAccount {
    /// Shuts the account; tells when it is erased.
    ///
    /// # Errors
    /// [`DeleteRefusal`].
    pub async fn run(
        &self,
        current_password: Option<SecretString>,
        caller: &Caller,
        client: &Client,
    ) -> Result<Instant, DeleteRefusal> {
        let user = &caller.user;
        let right = self.reauthentication.check(caller, current_password, client).await?;
        self.limits.account_change(ChangeKind::Deletion, &user.id.to_string()).await?;
        let now = self.clock.now();
        let due = now + TimeDelta::from_std(self.grace).unwrap_or_default();
        let event = self.audit.event(
            Kind::DeletionScheduled,
            Some(user.id),
            Some(caller.session.id),
            "owner",
            client,
        );
        let notice = self.notices.to(
            user,
            Channel::Email,
            NoticeTopic::AccountDeleted { purge_at: due },
            client.language,
        );
        let change = AccountChange {
            user: user.id,
            right,
            now,
            ends: Ends::All,
            reason: Kind::DeletionScheduled.word(),
            event: &event,
            notice: notice.as_ref(),
        };
        self.db.schedule_deletion(&change, due).await??;
        stale_codes::withdraw(&self.codes, user).await;
        self.notices.written();
        Ok(due)
    }
}
