//! `changePassword`, `requestPasswordReset`, `resetLink` and `resetPassword`.

use async_graphql::{Context, InputObject, Object, OneofObject, SimpleObject, Union};
use chrono::{DateTime, Utc};

use super::context::ContextExt as _;
use super::error::ApiError;
use super::input::{CaptchaInput, EmailProof, MobileProof};
use super::problem::{
    AccountDisabled, CaptchaRequired, CodeRejected, CredentialsRejected, InvalidInput, RateLimited,
    ReauthenticationRequired, TicketRejected,
};
use super::refuse;
use crate::accounts::contact_claim::ContactInput;
use crate::accounts::credentials::change_password;
use crate::accounts::credentials::new_password::PasswordInput;
use crate::accounts::credentials::reset_password::{self, ResetAuthorization, ResetPasswordRefusal};

/// The input of `changePassword`.
#[derive(InputObject)]
pub struct ChangePasswordInput {
    /// The current password. Required where the account has one; otherwise the session must be fresh.
    current_password: Option<String>,
    /// The new password: see `settings.passwordPolicy`.
    password: String,
    /// The new password again. If given, it must match.
    password_confirm: Option<String>,
}

/// The input of `requestPasswordReset`.
#[derive(InputObject)]
pub struct RequestPasswordResetInput {
    /// The e-mail address of the account.
    email: String,
    /// The response of the captcha widget, after `CaptchaRequired` asked for it.
    captcha: Option<CaptchaInput>,
}

/// What authorizes a password reset: exactly one of the three.
#[derive(OneofObject)]
pub enum ResetProof {
    /// The `token` of a mailed link.
    Link(String),
    /// A code in an SMS, sent for the purpose `RESET_PASSWORD`.
    Mobile(MobileProof),
    /// A code in an e-mail, sent for the purpose `RESET_PASSWORD`.
    Email(EmailProof),
}

/// The input of `resetPassword`.
#[derive(InputObject)]
pub struct ResetPasswordInput {
    /// What authorizes the reset.
    proof: ResetProof,
    /// The new password: see `settings.passwordPolicy`.
    password: String,
    /// The new password again. If given, it must match.
    password_confirm: Option<String>,
    /// The response of the captcha widget, after `CaptchaRequired` asked for it.
    captcha: Option<CaptchaInput>,
}

/// The password was changed. The session of the request stays active.
#[derive(SimpleObject)]
pub struct PasswordChanged {
    /// The number of other sessions that were revoked.
    ended_sessions: i32,
}

/// If an account has the address, a link is sent to it. The response does not disclose whether one has.
#[derive(SimpleObject)]
pub struct ResetRequested {
    /// The masked address: `zh***@example.com`.
    destination: String,
    /// When the link expires.
    expires_at: DateTime<Utc>,
    /// When the next link can be requested.
    resend_at: DateTime<Utc>,
}

/// The password was replaced and all sessions of the account were revoked. No session was opened.
#[derive(SimpleObject)]
pub struct PasswordReset {
    /// Always true.
    done: bool,
}

/// A valid link.
#[derive(SimpleObject)]
pub struct ResetLink {
    /// The masked address of the account: `zh***@example.com`.
    destination: Option<String>,
    /// When the link expires.
    expires_at: DateTime<Utc>,
}

/// The result of `changePassword`.
#[derive(Union)]
pub enum ChangePasswordResult {
    PasswordChanged(PasswordChanged),
    CredentialsRejected(CredentialsRejected),
    ReauthenticationRequired(ReauthenticationRequired),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// The result of `requestPasswordReset`.
#[derive(Union)]
pub enum RequestPasswordResetResult {
    ResetRequested(ResetRequested),
    CaptchaRequired(CaptchaRequired),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// The result of `resetPassword`.
#[derive(Union)]
pub enum ResetPasswordResult {
    PasswordReset(PasswordReset),
    CodeRejected(CodeRejected),
    TicketRejected(TicketRejected),
    CredentialsRejected(CredentialsRejected),
    AccountDisabled(AccountDisabled),
    CaptchaRequired(CaptchaRequired),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// Queries about passwords.
#[derive(Default)]
pub struct PasswordQueries;

#[Object]
impl PasswordQueries {
    /// A password reset link; null if it is unknown, used or expired. The query does not use it up.
    async fn reset_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The `token` of the link.")] token: String,
    ) -> Result<Option<ResetLink>, ApiError> {
        let link = ctx.accounts().reset_link(&token, ctx.client()).await?;
        Ok(link.map(|link| ResetLink { destination: link.destination, expires_at: link.expires_at }))
    }
}

/// Mutations about passwords.
#[derive(Default)]
pub struct PasswordMutations;

#[Object]
impl PasswordMutations {
    /// Changes the caller's password. All other sessions are revoked, and the owner is notified. `CredentialsRejected`:
    /// the current password is wrong, which counts as a failed login.
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The current password and the new one.")] input: ChangePasswordInput,
    ) -> Result<ChangePasswordResult, ApiError> {
        let caller = ctx.caller().await?;
        let language = ctx.language();
        let input = change_password::ChangePasswordInput {
            current: input.current_password.map(Into::into),
            new: PasswordInput {
                password: input.password.into(),
                confirm: input.password_confirm.map(Into::into),
            },
        };
        match ctx.accounts().change_password(input, &caller, ctx.client()).await {
            Ok(revoked) => {
                let ended_sessions = i32::try_from(revoked).unwrap_or(i32::MAX);
                Ok(PasswordChanged { ended_sessions }.into())
            }
            Err(refusal) => refuse::reauthentication(refusal, language),
        }
    }

    /// Sends an e-mail with a link for choosing a new password. The response is the same whether or not an account has
    /// the address.
    async fn request_password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The address.")] input: RequestPasswordResetInput,
    ) -> Result<RequestPasswordResetResult, ApiError> {
        let captcha = input.captcha.map(Into::into);
        let requested = ctx.accounts().request_password_reset(&input.email, captcha.as_ref(), ctx.client());
        match requested.await {
            Ok(requested) => Ok(ResetRequested {
                destination: requested.destination,
                expires_at: requested.expires_at,
                resend_at: requested.resend_at,
            }
            .into()),
            Err(refusal) => refuse::captcha(refusal, ctx.language()),
        }
    }

    /// Sets a new password with a link or a code. All sessions of the account are revoked, and no session is opened.
    /// `CredentialsRejected`: the code is valid, but no account has the contact.
    async fn reset_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The link or code, and the new password.")] input: ResetPasswordInput,
    ) -> Result<ResetPasswordResult, ApiError> {
        let language = ctx.language();
        let reset = reset_password::ResetPasswordInput {
            authorization: input.proof.into(),
            new: PasswordInput {
                password: input.password.into(),
                confirm: input.password_confirm.map(Into::into),
            },
            captcha: input.captcha.map(Into::into),
        };
        match ctx.accounts().reset_password(reset, ctx.client()).await {
            Ok(()) => Ok(PasswordReset { done: true }.into()),
            Err(ResetPasswordRefusal::LinkExpired) => Ok(TicketRejected::new(language).into()),
            Err(ResetPasswordRefusal::NotRegistered(kind)) => {
                Ok(refuse::not_registered(kind, language).into())
            }
            Err(ResetPasswordRefusal::AccountDisabled) => Ok(AccountDisabled::new(language).into()),
            Err(ResetPasswordRefusal::Code(refusal)) => refuse::code(refusal, language),
            Err(ResetPasswordRefusal::Captcha(refusal)) => refuse::captcha(refusal, language),
            Err(ResetPasswordRefusal::Shared(refusal)) => refuse::shared(refusal, language),
        }
    }
}

impl From<ResetProof> for ResetAuthorization {
    fn from(proof: ResetProof) -> Self {
        match proof {
            ResetProof::Link(token) => Self::Link(token.into()),
            ResetProof::Mobile(proof) => {
                Self::Contact(ContactInput::Mobile { mobile: proof.mobile, code: proof.code.into() })
            }
            ResetProof::Email(proof) => {
                Self::Contact(ContactInput::Email { email: proof.email, code: proof.code.into() })
            }
        }
    }
}
