//! `changeMobile` and `changeEmail`.

use async_graphql::{Context, InputObject, Object, SimpleObject, Union};

use super::context::ContextExt as _;
use super::error::ApiError;
use super::input::{EmailProof, MobileProof};
use super::problem::{
    CodeRejected, CredentialsRejected, IdentifierTaken, InvalidInput, RateLimited, ReauthenticationRequired,
};
use super::refuse;
use super::user::User;
use crate::accounts::credentials::change_contact::{ChangeContactOptions, ChangeContactRefusal};
use crate::core::language::Language;

/// The input of `changeMobile`.
#[derive(InputObject)]
pub struct ChangeMobileInput {
    /// The new number, with a code for the purpose `CHANGE_CONTACT`.
    mobile: MobileProof,
    /// The current password. Optional within minutes of a sign-in; later `ReauthenticationRequired` asks for it.
    current_password: Option<String>,
    /// Whether to revoke all other sessions.
    #[graphql(default = false)]
    end_other_sessions: bool,
}

/// The input of `changeEmail`.
#[derive(InputObject)]
pub struct ChangeEmailInput {
    /// The new address, with a code for the purpose `CHANGE_CONTACT`.
    email: EmailProof,
    /// The current password. Optional within minutes of a sign-in; later `ReauthenticationRequired` asks for it.
    current_password: Option<String>,
    /// Whether to revoke all other sessions.
    #[graphql(default = false)]
    end_other_sessions: bool,
}

/// The mobile number was changed. The old one was notified.
#[derive(SimpleObject)]
pub struct MobileChanged {
    /// The account, as it is now.
    user: User,
    /// The number of other sessions that were revoked.
    ended_sessions: i32,
}

/// The e-mail address was changed. The old one was notified.
#[derive(SimpleObject)]
pub struct EmailChanged {
    /// The account, as it is now.
    user: User,
    /// The number of other sessions that were revoked.
    ended_sessions: i32,
}

/// The result of `changeMobile`.
#[derive(Union)]
pub enum ChangeMobileResult {
    MobileChanged(MobileChanged),
    CodeRejected(CodeRejected),
    IdentifierTaken(IdentifierTaken),
    CredentialsRejected(CredentialsRejected),
    ReauthenticationRequired(ReauthenticationRequired),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// The result of `changeEmail`.
#[derive(Union)]
pub enum ChangeEmailResult {
    EmailChanged(EmailChanged),
    CodeRejected(CodeRejected),
    IdentifierTaken(IdentifierTaken),
    CredentialsRejected(CredentialsRejected),
    ReauthenticationRequired(ReauthenticationRequired),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// Maps the refusals of both mutations.
fn refused<U>(refusal: ChangeContactRefusal, language: Language) -> Result<U, ApiError>
where
    U: From<CodeRejected>
        + From<IdentifierTaken>
        + From<CredentialsRejected>
        + From<ReauthenticationRequired>
        + From<InvalidInput>
        + From<RateLimited>,
{
    match refusal {
        ChangeContactRefusal::IdentifierTaken(field) => Ok(IdentifierTaken::new(field, language).into()),
        ChangeContactRefusal::Code(refusal) => refuse::code(refusal, language),
        ChangeContactRefusal::Reauthentication(refusal) => refuse::reauthentication(refusal, language),
        ChangeContactRefusal::Shared(refusal) => refuse::shared(refusal, language),
    }
}

/// Mutations about contacts.
#[derive(Default)]
pub struct ContactMutations;

#[Object]
impl ContactMutations {
    /// Changes the caller's mobile number, or sets the first one. The old number is notified; where there is none, the
    /// e-mail address. Password reset links that were mailed before become invalid.
    async fn change_mobile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new number and its code.")] input: ChangeMobileInput,
    ) -> Result<ChangeMobileResult, ApiError> {
        let caller = ctx.caller().await?;
        let options = ChangeContactOptions {
            current_password: input.current_password.map(Into::into),
            end_other_sessions: input.end_other_sessions,
        };
        let MobileProof { mobile, code } = input.mobile;
        match ctx.accounts().change_mobile(mobile, code.into(), options, &caller, ctx.client()).await {
            Ok(changed) => Ok(MobileChanged {
                user: User(changed.user),
                ended_sessions: i32::try_from(changed.revoked_sessions).unwrap_or(i32::MAX),
            }
            .into()),
            Err(refusal) => refused(refusal, ctx.language()),
        }
    }

    /// Changes the caller's e-mail address, or sets the first one. The old address is notified; where there is none, the
    /// mobile number. Password reset links that were mailed before become invalid.
    async fn change_email(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new address and its code.")] input: ChangeEmailInput,
    ) -> Result<ChangeEmailResult, ApiError> {
        let caller = ctx.caller().await?;
        let options = ChangeContactOptions {
            current_password: input.current_password.map(Into::into),
            end_other_sessions: input.end_other_sessions,
        };
        let EmailProof { email, code } = input.email;
        match ctx.accounts().change_email(email, code.into(), options, &caller, ctx.client()).await {
            Ok(changed) => Ok(EmailChanged {
                user: User(changed.user),
                ended_sessions: i32::try_from(changed.revoked_sessions).unwrap_or(i32::MAX),
            }
            .into()),
            Err(refusal) => refused(refusal, ctx.language()),
        }
    }
}
