//! `mergeAccount`: a signed-in caller verifies a second account of theirs, and the two become one.
//!
//! The caller's account is kept. The other one can no longer be used and is deleted later; until then an operator can
//! undo the merge (`administration/undo_merge.rs`).

use chrono::TimeDelta;

use super::super::credentials::reauthentication::ReauthenticationRefusal;
use super::super::service::Accounts;
use super::super::sign_in::verify_account::{AccountCredentials, VerifiedAccount, VerifyAccountRefusal};
use super::merge_records::MergeRecords;
use crate::audit::{Audit, Kind};
use crate::captcha::{CaptchaAnswer, CaptchaClaim};
use crate::config::captcha::CaptchaAction;
use crate::core::client::Client;
use crate::core::clock::Instant;
use crate::core::ids::MergeId;
use crate::core::invalid_value::InvalidValue;
use crate::core::secret::SecretString;
use crate::db::WriteError;
use crate::db::identities::Identity;
use crate::db::merges::{Merged, NewMerge};
use crate::db::models::{Credential, User};
use crate::delivery::{Channel, NoticeTopic};
use crate::limits::ChangeKind;
use crate::outcome::Refusal;
use crate::sessions::Caller;
use crate::sessions::signed_in::credential;

/// The input of `mergeAccount`.
pub struct MergeInput {
    /// The credentials of the account that is merged into the caller's.
    pub account: AccountCredentials,
    /// The password of the caller's own account; not needed while the session is fresh.
    pub current_password: Option<SecretString>,
    pub captcha: Option<CaptchaAnswer>,
}

/// The kept account, and what it received.
pub struct AccountsMerged {
    pub id: MergeId,
    pub user: User,
    /// The identities that came from the merged account.
    pub identities: Vec<Identity>,
    pub undo_until: Instant,
}

/// Why the accounts were not merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeRefusal {
    /// Both accounts are linked to an account of this provider.
    #[error("both accounts are linked to an account of {0}")]
    Conflict(String),
    /// The merged account lost the credential, or the kept one its password, since they were verified.
    #[error("a credential changed since it was verified")]
    StaleCredentials,
    #[error("the other account is disabled")]
    AccountDisabled,
    #[error(transparent)]
    Account(#[from] VerifyAccountRefusal),
    #[error(transparent)]
    Reauthentication(#[from] ReauthenticationRefusal),
    #[error(transparent)]
    Shared(#[from] Refusal),
}

impl Accounts {
    /// Re-authenticates the caller, verifies the other account, then merges. A code stays valid when nothing was merged.
    #[tracing::instrument(skip_all, fields(user = %caller.user.id))]
    pub async fn merge_account(
        &self,
        input: MergeInput,
        caller: &Caller,
        client: &Client,
    ) -> Result<AccountsMerged, MergeRefusal> {
        // The hash as it was read with the session: the merge checks that it is still the same.
        let own =
            input.current_password.as_ref().and(caller.user.password_hash.clone()).map(Credential::Password);
        self.reauthenticate(caller, input.current_password, client).await?;
        self.kit.limits.account_change(ChangeKind::Merge, &caller.user.id.to_string()).await?;
        let claim = CaptchaClaim { action: CaptchaAction::MergeAccount, answer: input.captcha.as_ref() };
        let other = self.verify_account(input.account, claim, client).await?;
        let merged = self.merge(own.as_ref(), &other, caller, client).await;
        match &merged {
            Ok(_) => other.keep(),
            Err(_) => other.give_back().await,
        }
        merged
    }

    async fn merge(
        &self,
        own: Option<&Credential>,
        other: &VerifiedAccount,
        caller: &Caller,
        client: &Client,
    ) -> Result<AccountsMerged, MergeRefusal> {
        let (kept, merged) = (&caller.user, &other.user);
        if kept.id == merged.id {
            return Err(Refusal::invalid("account", InvalidValue::OwnAccount).into());
        }
        let Some(credential) = credential(merged, &other.method) else {
            return Err(MergeRefusal::StaleCredentials);
        };
        let identities = self.kit.db.identities_of(merged.id).await?;
        let (id, at) = (MergeId::new(&self.kit.clock, &self.kit.random), self.kit.clock.now());
        let undo_until = at + TimeDelta::from_std(self.settings.merge_undo).unwrap_or_default();
        let events = [kept, merged].map(|user| {
            let (session, method) = (Some(caller.session.id), other.method.audit_name());
            let event = self.kit.audit.event(Kind::AccountsMerged, Some(user.id), session, method, client);
            Audit::with(event, "merge", &id.to_string())
        });
        let notice =
            |user| self.notices.to(user, Channel::Email, NoticeTopic::AccountsMerged, client.language);
        let notices: Vec<_> = [kept, merged].into_iter().filter_map(notice).collect();
        let plan = NewMerge {
            id,
            kept: kept.id,
            merged: merged.id,
            session: caller.session.id,
            kept_credential: own,
            merged_credential: &credential,
            at,
            undo_until,
            notices: &notices,
        };
        let records = MergeRecords::new(&self.kit.master, self.kit.random.clone());
        let seal = |record: &str| records.seal(id, record);
        match WriteError::stale_as_none(self.kit.db.merge_accounts(&plan, &seal, &events).await)? {
            Some(Merged::Done) => {
                // Codes to the contacts of either account were sent before it became another one.
                for user in [kept, merged] {
                    self.withdraw_codes(user).await;
                }
                self.outbox.wake();
                Ok(AccountsMerged { id, user: self.after_merge(kept).await, identities, undo_until })
            }
            Some(Merged::Conflict(provider)) => Err(MergeRefusal::Conflict(provider)),
            None => Err(self.stale_refusal(caller, merged).await?),
        }
    }

    /// Returns the kept account as it is now. The merge is written and can no longer be refused: when the account cannot
    /// be read, it is returned as it was.
    async fn after_merge(&self, kept: &User) -> User {
        match self.kit.db.find_user(kept.id).await {
            Ok(found) => found.unwrap_or_else(|| kept.clone()),
            Err(error) => {
                tracing::warn!(%error, "an account could not be read after its merge");
                kept.clone()
            }
        }
    }

    /// Returns the refusal for what a concurrent request changed between the verification and the merge.
    async fn stale_refusal(&self, caller: &Caller, merged: &User) -> Result<MergeRefusal, Refusal> {
        let session = self.kit.db.find_session(caller.session.id).await?;
        if session.is_none_or(|session| session.revoked_at.is_some()) {
            return Ok(Refusal::SessionEnded.into());
        }
        let active = self.kit.db.find_user(merged.id).await?.is_some_and(|user| user.is_active());
        Ok(if active { MergeRefusal::StaleCredentials } else { MergeRefusal::AccountDisabled })
    }
}
