//! `mergeAccount`: somebody who is signed in proves a second account of theirs, and the two become one.
//!
//! The caller's account is kept. The other cannot be used any more and is erased later; until then an operator can undo
//! it (`undo_merge.rs`).

use std::time::Duration;

use chrono::TimeDelta;

use super::account_proof::{AccountProof, ProveAccount, ProvenOwner, unproven_account};
use super::me::Caller;
use super::merge_records::MergeRecords;
use super::notices::Notices;
use super::reauthentication::{Reauthentication, Unproven};
use super::signed_in::proven;
use crate::audit::{Audit, Kind};
use crate::captcha::CaptchaAnswer;
use crate::core::client::Client;
use crate::core::clock::{Clock, Instant};
use crate::core::ids::MergeId;
use crate::core::invalid_value::InvalidValue;
use crate::core::random::Random;
use crate::core::secret::SecretString;
use crate::db::identities::Identity;
use crate::db::merges::{Merged, NewMerge};
use crate::db::models::{Proven, User};
use crate::db::{Db, DbError};
use crate::delivery::{Channel, NoticeTopic};
use crate::limits::{ChangeKind, Limiter};
use crate::outcome::FieldError;
use crate::outcome::Refusal;
use crate::verification::{CodeRejection, Denied, refusals};

/// What the person filled in.
pub struct Merging {
    /// Of the account that is to be merged into the caller's.
    pub proof: AccountProof,
    /// Proof of the caller's own account; not needed while the session is fresh.
    pub current_password: Option<SecretString>,
    pub captcha: Option<CaptchaAnswer>,
}

/// The account that is left, and what came to it.
pub struct Joined {
    pub id: MergeId,
    pub user: User,
    /// The people of providers that came along.
    pub identities: Vec<Identity>,
    pub undo_until: Instant,
}

/// Why nothing was merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeRefusal {
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error("one of the accounts is not proven")]
    Rejected,
    #[error("the other account is disabled")]
    Disabled,
    #[error("the code is not good")]
    Code { reason: CodeRejection, attempts_left: u32 },
    #[error("a password or a fresh sign-in is asked for")]
    Required,
    /// Both have a person of this provider.
    #[error("both have a person of {0}")]
    Conflict(String),
    /// The caller's session ended meanwhile.
    #[error("the session has ended")]
    Ended,
}

refusals!(MergeRefusal: Refusal, DbError, Vec<FieldError>);
unproven_account!(MergeRefusal);

impl From<Unproven> for MergeRefusal {
    fn from(unproven: Unproven) -> Self {
        match unproven {
            Unproven::Denied(denied) => Self::Denied(denied),
            Unproven::Rejected => Self::Rejected,
            Unproven::Required => Self::Required,
        }
    }
}

/// Makes two accounts one.
#[derive(Clone)]
pub struct MergeAccount {
    pub db: Db,
    pub limits: Limiter,
    pub reauthentication: Reauthentication,
    pub prove: ProveAccount,
    pub records: MergeRecords,
    pub notices: Notices,
    pub audit: Audit,
    pub clock: Clock,
    pub random: Random,
    /// How long it can be undone.
    pub undo: Duration,
}

impl MergeAccount {
    /// Asks for proof of both accounts, then merges. A code that was right stays good where nothing was merged.
    ///
    /// # Errors
    /// [`MergeRefusal`].
    pub async fn run(
        &self,
        input: Merging,
        caller: &Caller,
        client: &Client,
    ) -> Result<Joined, MergeRefusal> {
        // As it was read with the session: a password that is changed meanwhile proves nothing.
        let own =
            input.current_password.as_ref().and(caller.user.password_hash.clone()).map(Proven::Password);
        self.reauthentication.check(caller, input.current_password, client).await?;
        self.limits.account_change(ChangeKind::Merge, &caller.user.id.to_string()).await?;
        let other = self.prove.run(input.proof, input.captcha.as_ref(), client).await?;
        let outcome = self.merge(own.as_ref(), &other, caller, client).await;
        if outcome.is_err() {
            self.prove.give_back(other).await;
        }
        outcome
    }

    async fn merge(
        &self,
        own: Option<&Proven>,
        other: &ProvenOwner,
        caller: &Caller,
        client: &Client,
    ) -> Result<Joined, MergeRefusal> {
        let (kept, merged) = (&caller.user, &other.user);
        if kept.id == merged.id {
            return Err(vec![FieldError::new("account", InvalidValue::OwnAccount)].into());
        }
        let Some(proven) = proven(merged, other.method) else { return Err(MergeRefusal::Rejected) };
        let identities = self.db.identities_of(merged.id).await?;
        let (id, at) = (MergeId::new(&self.clock, &self.random), self.clock.now());
        let undo_until = at + TimeDelta::from_std(self.undo).unwrap_or_default();
        let events = [kept, merged].map(|user| {
            let session = Some(caller.session.id);
            let event =
                self.audit.event(Kind::AccountsMerged, Some(user.id), session, other.method.word(), client);
            Audit::with(event, "merge", &id.to_string())
        });
        let notices: Vec<_> = [kept, merged]
            .into_iter()
            .filter_map(|user| {
                self.notices.to(user, Channel::Email, NoticeTopic::AccountsMerged, client.language)
            })
            .collect();
        let plan = NewMerge {
            id,
            kept: kept.id,
            merged: merged.id,
            session: caller.session.id,
            kept_proven: own,
            merged_proven: &proven,
            at,
            undo_until,
            notices: &notices,
        };
        let seal = |record: &str| self.records.seal(id, record);
        match self.db.merge_accounts(&plan, &seal, &events).await? {
            Merged::Done => {
                self.notices.written();
                Ok(Joined { id, user: self.afterwards(kept).await, identities, undo_until })
            }
            Merged::Conflict(provider) => Err(MergeRefusal::Conflict(provider)),
            Merged::Lapsed => Err(self.lapsed(caller, merged).await?),
        }
    }

    /// The kept account as it is now. The merge is done and cannot be refused any more: where it cannot be read, it is
    /// shown as it was.
    async fn afterwards(&self, kept: &User) -> User {
        match self.db.find_user(kept.id).await {
            Ok(found) => found.unwrap_or_else(|| kept.clone()),
            Err(error) => {
                tracing::warn!(%error, "an account could not be read after its merge");
                kept.clone()
            }
        }
    }

    /// What another call did between the proofs and the merge.
    async fn lapsed(&self, caller: &Caller, merged: &User) -> Result<MergeRefusal, DbError> {
        let session = self.db.find_session(caller.session.id).await?;
        if session.is_none_or(|session| session.revoked_at.is_some()) {
            return Ok(MergeRefusal::Ended);
        }
        let usable = self.db.find_user(merged.id).await?.is_some_and(|user| user.is_active());
        Ok(if usable { MergeRefusal::Rejected } else { MergeRefusal::Disabled })
    }
}
