//! `deleteAccount`, `exportMyData`: what a person may ask of those who hold their data.

use async_graphql::{Context, InputObject, Object, SimpleObject, Union};
use chrono::{DateTime, Utc};

use super::context::ContextExt as _;
use super::error::ApiError;
use super::problem::{CredentialsRejected, InvalidInput, RateLimited, ReauthenticationRequired};
use super::refuse::denied;
use crate::accounts::delete_account::{DeleteAccount, DeleteRefusal};
use crate::accounts::export_my_data::ExportMyData;

/// Proof that it is the owner who wants the account gone.
#[derive(InputObject)]
pub struct DeleteAccountInput {
    /// The password. May be left out within minutes of a sign-in by password, code or provider; later
    /// `ReauthenticationRequired` asks for one or the other.
    current_password: Option<String>,
}

/// The account is shut. Until it is erased, an operator can restore it.
#[derive(SimpleObject)]
pub struct DeletionScheduled {
    /// From when on it is erased.
    erased_at: DateTime<Utc>,
}

/// All that is held about the caller.
#[derive(SimpleObject)]
pub struct MyData {
    /// A JSON object as text: account, identities, merges, sessions, activity.
    json: String,
}

/// What `deleteAccount` answers.
#[derive(Union)]
pub enum DeleteAccountResult {
    DeletionScheduled(DeletionScheduled),
    CredentialsRejected(CredentialsRejected),
    ReauthenticationRequired(ReauthenticationRequired),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// What `exportMyData` answers.
#[derive(Union)]
pub enum ExportMyDataResult {
    MyData(MyData),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// Mutations about the end of an account, and its copy.
#[derive(Default)]
pub struct DeletionMutations;

#[Object]
impl DeletionMutations {
    /// Deletes the caller's account: every session ends now, signing in answers `AccountDisabled`, and after a time of
    /// grace all that is held is erased.
    async fn delete_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Proof of the owner.")] input: DeleteAccountInput,
    ) -> Result<DeleteAccountResult, ApiError> {
        let caller = ctx.caller().await?;
        let language = ctx.language();
        let password = input.current_password.map(Into::into);
        match ctx.service::<DeleteAccount>().run(password, &caller, ctx.client()).await {
            Ok(erased_at) => {
                ctx.clear_refresh();
                Ok(DeleteAccountResult::DeletionScheduled(DeletionScheduled { erased_at }))
            }
            Err(DeleteRefusal::Rejected) => {
                Ok(DeleteAccountResult::CredentialsRejected(CredentialsRejected::new(language)))
            }
            Err(DeleteRefusal::Required) => {
                Ok(DeleteAccountResult::ReauthenticationRequired(ReauthenticationRequired::new(language)))
            }
            Err(DeleteRefusal::Denied(refusal)) => {
                denied!(DeleteAccountResult, refusal, language, no captcha)
            }
        }
    }

    /// Copies all that is held about the caller. A mutation, because it is written down.
    async fn export_my_data(&self, ctx: &Context<'_>) -> Result<ExportMyDataResult, ApiError> {
        let caller = ctx.caller().await?;
        match ctx.service::<ExportMyData>().run(&caller, ctx.client()).await {
            Ok(json) => Ok(ExportMyDataResult::MyData(MyData { json })),
            Err(refusal) => denied!(ExportMyDataResult, refusal, ctx.language(), no captcha),
        }
    }
}
