//! `mergeAccount`.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject, Union};
use chrono::{DateTime, Utc};

use super::context::ContextExt as _;
use super::error::ApiError;
use super::identity::Identity;
use super::input::{AccountProof, CaptchaInput};
use super::problem::{
    AccountDisabled, CaptchaRequired, CodeRejected, CredentialsRejected, InvalidInput, MergeConflict,
    RateLimited, ReauthenticationRequired,
};
use super::refuse;
use super::user::User;
use crate::accounts::lifecycle::merge_account::{MergeInput, MergeRefusal};

/// The input of `mergeAccount`.
#[derive(InputObject)]
pub struct MergeAccountInput {
    /// The other account, which is merged into the caller's and can no longer be used.
    account: AccountProof,
    /// The password of the caller's own account. Optional within minutes of a sign-in; later `ReauthenticationRequired`
    /// asks for it.
    current_password: Option<String>,
    /// The response of the captcha widget, after `CaptchaRequired` asked for it.
    captcha: Option<CaptchaInput>,
}

impl From<MergeAccountInput> for MergeInput {
    fn from(input: MergeAccountInput) -> Self {
        Self {
            account: input.account.into(),
            current_password: input.current_password.map(Into::into),
            captcha: input.captcha.map(Into::into),
        }
    }
}

/// The other account was merged into the caller's. Its sessions were revoked, and contacts of both accounts were notified.
/// The caller's account received what it lacked (mobile number, e-mail address, password, roles).
#[derive(SimpleObject)]
pub struct AccountsMerged {
    /// The account after the merge.
    user: User,
    /// Those of `user.identities` that came from the other account.
    identities: Vec<Identity>,
    /// The id of the merge, with which an operator can undo it.
    merge_id: ID,
    /// Until when an operator can undo the merge. Afterwards the data of the other account is purged.
    undo_until: DateTime<Utc>,
}

/// The result of `mergeAccount`. `CredentialsRejected`: the credentials of one of the accounts are wrong. `AccountDisabled`:
/// the other one is disabled, deleted or already merged.
#[derive(Union)]
pub enum MergeAccountResult {
    AccountsMerged(AccountsMerged),
    MergeConflict(MergeConflict),
    CredentialsRejected(CredentialsRejected),
    CodeRejected(CodeRejected),
    AccountDisabled(AccountDisabled),
    ReauthenticationRequired(ReauthenticationRequired),
    CaptchaRequired(CaptchaRequired),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// Mutations about merging accounts.
#[derive(Default)]
pub struct MergeMutations;

#[Object]
impl MergeMutations {
    /// Merges another account of the caller into the current one.
    async fn merge_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The other account, and the confirmation of the caller.")] input: MergeAccountInput,
    ) -> Result<MergeAccountResult, ApiError> {
        let (caller, language) = (ctx.caller().await?, ctx.language());
        match ctx.accounts().merge_account(input.into(), &caller, ctx.client()).await {
            Ok(merged) => Ok(AccountsMerged {
                user: User(merged.user),
                identities: merged.identities.into_iter().map(Identity::from).collect(),
                merge_id: merged.id.to_string().into(),
                undo_until: merged.undo_until,
            }
            .into()),
            Err(MergeRefusal::Conflict(provider)) => {
                let name = ctx.social().provider_name(&provider, language).to_owned();
                Ok(MergeConflict::new(provider, name, language).into())
            }
            Err(MergeRefusal::StaleCredentials) => Ok(CredentialsRejected::new(language).into()),
            Err(MergeRefusal::AccountDisabled) => Ok(AccountDisabled::new(language).into()),
            Err(MergeRefusal::Account(refusal)) => refuse::account(refusal, language),
            Err(MergeRefusal::Reauthentication(refusal)) => refuse::reauthentication(refusal, language),
            Err(MergeRefusal::Shared(refusal)) => refuse::shared(refusal, language),
        }
    }
}
