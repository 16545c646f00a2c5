//! `deleteAccount` and `exportMyData`.

use async_graphql::{Context, InputObject, Object, SimpleObject, Union};
use chrono::{DateTime, Utc};

use super::context::ContextExt as _;
use super::error::ApiError;
use super::problem::{CredentialsRejected, InvalidInput, RateLimited, ReauthenticationRequired};
use super::refuse;

/// The input of `deleteAccount`.
#[derive(InputObject)]
pub struct DeleteAccountInput {
    /// The current password. Optional within minutes of a sign-in by password, code or provider; later
    /// `ReauthenticationRequired` asks for one or the other.
    current_password: Option<String>,
}

/// The account was deleted. Until its data is purged, an operator can restore it.
#[derive(SimpleObject)]
pub struct DeletionScheduled {
    /// When the data is purged.
    erased_at: DateTime<Utc>,
}

/// Everything that is stored about the caller.
#[derive(SimpleObject)]
pub struct MyData {
    /// A JSON object as text: account, identities, merges, sessions, activity.
    json: String,
}

/// The result of `deleteAccount`.
#[derive(Union)]
pub enum DeleteAccountResult {
    DeletionScheduled(DeletionScheduled),
    CredentialsRejected(CredentialsRejected),
    ReauthenticationRequired(ReauthenticationRequired),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// The result of `exportMyData`.
#[derive(Union)]
pub enum ExportMyDataResult {
    MyData(MyData),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// Mutations about deletion and export.
#[derive(Default)]
pub struct DeletionMutations;

#[Object]
impl DeletionMutations {
    /// Deletes the caller's account. All sessions are revoked at once, signing in returns `AccountDisabled`, and after
    /// a grace period all data is purged.
    async fn delete_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The confirmation of the owner.")] input: DeleteAccountInput,
    ) -> Result<DeleteAccountResult, ApiError> {
        let caller = ctx.caller().await?;
        let password = input.current_password.map(Into::into);
        match ctx.accounts().delete_account(password, &caller, ctx.client()).await {
            Ok(erased_at) => {
                ctx.clear_refresh();
                Ok(DeletionScheduled { erased_at }.into())
            }
            Err(refusal) => refuse::reauthentication(refusal, ctx.language()),
        }
    }

    /// Exports everything that is stored about the caller. It is a mutation because the export is recorded.
    async fn export_my_data(&self, ctx: &Context<'_>) -> Result<ExportMyDataResult, ApiError> {
        let caller = ctx.caller().await?;
        match ctx.accounts().export_my_data(&caller, ctx.client()).await {
            Ok(json) => Ok(MyData { json }.into()),
            Err(refusal) => refuse::shared(refusal, ctx.language()),
        }
    }
}
