//! `changeMobile`, `changeEmail`: other addresses.

use async_graphql::{Context, InputObject, Object, SimpleObject, Union};

use super::context::ContextExt as _;
use super::error::ApiError;
use super::input::{EmailProof, MobileProof};
use super::problem::{
    CodeRejected, CredentialsRejected, IdentifierTaken, InvalidInput, RateLimited, ReauthenticationRequired,
};
use super::refuse::denied;
use super::user::User;
use crate::accounts::change_contact::{ChangeContactRefusal, ChangeOptions};
use crate::accounts::change_email::ChangeEmail;
use crate::accounts::change_mobile::ChangeMobile;

/// Another mobile number.
#[derive(InputObject)]
pub struct ChangeMobileInput {
    /// The new number, with a code for the purpose `CHANGE_CONTACT`.
    mobile: MobileProof,
    /// The password. May be left out within minutes of a sign-in; later `ReauthenticationRequired` asks for it.
    current_password: Option<String>,
    /// Whether all other sessions are to end.
    #[graphql(default = false)]
    end_other_sessions: bool,
}

/// Another e-mail address.
#[derive(InputObject)]
pub struct ChangeEmailInput {
    /// The new address, with a code for the purpose `CHANGE_CONTACT`.
    email: EmailProof,
    /// The password. May be left out within minutes of a sign-in; later `ReauthenticationRequired` asks for it.
    current_password: Option<String>,
    /// Whether all other sessions are to end.
    #[graphql(default = false)]
    end_other_sessions: bool,
}

/// The account has another mobile number; the old one was told.
#[derive(SimpleObject)]
pub struct MobileChanged {
    /// The person, as they are now.
    user: User,
    /// How many other sessions ended.
    ended_sessions: i32,
}

/// The account has another e-mail address; the old one was told.
#[derive(SimpleObject)]
pub struct EmailChanged {
    /// The person, as they are now.
    user: User,
    /// How many other sessions ended.
    ended_sessions: i32,
}

/// What `changeMobile` answers.
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

/// What `changeEmail` answers.
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

/// Both unions hold the same refusals.
macro_rules! refused {
    ($union:ident, $refusal:expr, $language:expr) => {
        match $refusal {
            ChangeContactRefusal::Code { reason, attempts_left } => {
                Ok($union::CodeRejected(CodeRejected::new(reason.into(), attempts_left, $language)))
            }
            ChangeContactRefusal::Taken(field) => {
                Ok($union::IdentifierTaken(IdentifierTaken::new(field, $language)))
            }
            ChangeContactRefusal::Rejected => {
                Ok($union::CredentialsRejected(CredentialsRejected::new($language)))
            }
            ChangeContactRefusal::Required => {
                Ok($union::ReauthenticationRequired(ReauthenticationRequired::new($language)))
            }
            ChangeContactRefusal::Denied(refusal) => denied!($union, refusal, $language, no captcha),
        }
    };
}

/// Mutations about addresses.
#[derive(Default)]
pub struct ContactMutations;

#[Object]
impl ContactMutations {
    /// Gives the caller's account another mobile number, or its first. The old one is told; where there is none, the
    /// e-mail address. Reset links that were mailed before are worth nothing afterwards.
    async fn change_mobile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new number and its code.")] input: ChangeMobileInput,
    ) -> Result<ChangeMobileResult, ApiError> {
        let caller = ctx.caller().await?;
        let options = ChangeOptions {
            current_password: input.current_password.map(Into::into),
            end_other_sessions: input.end_other_sessions,
        };
        let MobileProof { mobile, code } = input.mobile;
        match ctx.service::<ChangeMobile>().run(mobile, code.into(), options, &caller, ctx.client()).await {
            Ok(changed) => Ok(ChangeMobileResult::MobileChanged(MobileChanged {
                user: User(changed.user),
                ended_sessions: i32::try_from(changed.ended_sessions).unwrap_or(i32::MAX),
            })),
            Err(refusal) => refused!(ChangeMobileResult, refusal, ctx.language()),
        }
    }

    /// Gives the caller's account another e-mail address, or its first. The old one is told; where there is none, the
    /// mobile number. Reset links that were mailed before are worth nothing afterwards.
    async fn change_email(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new address and its code.")] input: ChangeEmailInput,
    ) -> Result<ChangeEmailResult, ApiError> {
        let caller = ctx.caller().await?;
        let options = ChangeOptions {
            current_password: input.current_password.map(Into::into),
            end_other_sessions: input.end_other_sessions,
        };
        let EmailProof { email, code } = input.email;
        match ctx.service::<ChangeEmail>().run(email, code.into(), options, &caller, ctx.client()).await {
            Ok(changed) => Ok(ChangeEmailResult::EmailChanged(EmailChanged {
                user: User(changed.user),
                ended_sessions: i32::try_from(changed.ended_sessions).unwrap_or(i32::MAX),
            })),
            Err(refusal) => refused!(ChangeEmailResult, refusal, ctx.language()),
        }
    }
}
