//! `changePassword`, `requestPasswordReset`, `resetLink`, `resetPassword`.

use async_graphql::{Context, InputObject, Object, OneofObject, SimpleObject, Union};
use chrono::{DateTime, Utc};

use super::context::ContextExt as _;
use super::error::ApiError;
use super::input::{CaptchaInput, EmailProof, MobileProof};
use super::problem::{
    AccountDisabled, CaptchaRequired, CodeRejected, CredentialsRejected, InvalidInput, RateLimited,
    ReauthenticationRequired, TicketRejected,
};
use super::refuse::denied;
use crate::accounts::change_password::{ChangePassword, ChangePasswordRefusal, NewPasswordInput};
use crate::accounts::new_password::PasswordInput;
use crate::accounts::proof::ContactInput;
use crate::accounts::request_password_reset::RequestPasswordReset;
use crate::accounts::reset_links::ResetLinks;
use crate::accounts::reset_password::{self, Reset, ResetPassword, ResetRefusal};
use crate::core::identifier::EmailAddress;
use crate::limits::Limiter;
use crate::verification::Denied;

/// Another password.
#[derive(InputObject)]
pub struct ChangePasswordInput {
    /// The present password. Needed when `me { hasPassword }`; else the session must be fresh.
    current_password: Option<String>,
    /// The new password: see `settings.passwordPolicy`.
    password: String,
    /// The new password again; where it is given it must match.
    password_confirm: Option<String>,
}

/// Whose password is forgotten.
#[derive(InputObject)]
pub struct RequestPasswordResetInput {
    /// The e-mail address of the account.
    email: String,
    /// The answer to the captcha, once `CaptchaRequired` asked for it.
    captcha: Option<CaptchaInput>,
}

/// Proves the account: exactly one of the three.
#[derive(OneofObject)]
pub enum ResetProof {
    /// The `token` of a mailed link.
    Link(String),
    /// By a code in an SMS, sent for the purpose `RESET_PASSWORD`.
    Mobile(MobileProof),
    /// By a code in an e-mail, sent for the purpose `RESET_PASSWORD`.
    Email(EmailProof),
}

/// A new password in place of one that is forgotten.
#[derive(InputObject)]
pub struct ResetPasswordInput {
    /// What proves the account.
    proof: ResetProof,
    /// The new password: see `settings.passwordPolicy`.
    password: String,
    /// The new password again; where it is given it must match.
    password_confirm: Option<String>,
    /// The answer to the captcha, once `CaptchaRequired` asked for it.
    captcha: Option<CaptchaInput>,
}

/// The password was changed; the session of the request goes on.
#[derive(SimpleObject)]
pub struct PasswordChanged {
    /// How many other sessions ended.
    ended_sessions: i32,
}

/// If an account has the address, a link is on its way to it. The answer does not tell whether one has.
#[derive(SimpleObject)]
pub struct ResetRequested {
    /// The address, masked: `zh***@example.com`.
    destination: String,
    /// Until when the link is good.
    expires_at: DateTime<Utc>,
    /// From when on the next one may be asked for.
    resend_at: DateTime<Utc>,
}

/// The password was replaced, every session of the account has ended, and nobody is signed in.
#[derive(SimpleObject)]
pub struct PasswordReset {
    /// Always true.
    done: bool,
}

/// A link that can still be used.
#[derive(SimpleObject)]
pub struct ResetLink {
    /// The address of the account, masked: `zh***@example.com`.
    destination: Option<String>,
    /// Until when the link is good.
    expires_at: DateTime<Utc>,
}

/// What `changePassword` answers.
#[derive(Union)]
pub enum ChangePasswordResult {
    PasswordChanged(PasswordChanged),
    CredentialsRejected(CredentialsRejected),
    ReauthenticationRequired(ReauthenticationRequired),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// What `requestPasswordReset` answers.
#[derive(Union)]
pub enum RequestPasswordResetResult {
    ResetRequested(ResetRequested),
    CaptchaRequired(CaptchaRequired),
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
}

/// What `resetPassword` answers.
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
    /// What a mailed link is good for; null when it is unknown, used or expired. Asking does not use it up.
    async fn reset_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From the link's query.")] token: String,
    ) -> Result<Option<ResetLink>, ApiError> {
        ctx.service::<Limiter>().redeem(&ctx.client().network()).await.map_err(Denied::from)?;
        let link = ctx.service::<ResetLinks>().find(&token).await.map_err(Denied::from)?;
        Ok(link.map(|link| {
            let email = link.user.email.and_then(|email| EmailAddress::parse(&email).ok());
            ResetLink { destination: email.map(|email| email.masked()), expires_at: link.expires_at }
        }))
    }
}

/// Mutations about passwords.
#[derive(Default)]
pub struct PasswordMutations;

#[Object]
impl PasswordMutations {
    /// Changes the caller's password. All other sessions end, and the owner is told. `CredentialsRejected`: the present
    /// password is wrong, which counts like a failed login.
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The present password and the new one.")] input: ChangePasswordInput,
    ) -> Result<ChangePasswordResult, ApiError> {
        let caller = ctx.caller().await?;
        let language = ctx.language();
        let input = NewPasswordInput {
            current: input.current_password.map(Into::into),
            new: PasswordInput {
                password: input.password.into(),
                confirm: input.password_confirm.map(Into::into),
            },
        };
        match ctx.service::<ChangePassword>().run(input, &caller, ctx.client()).await {
            Ok(ended) => {
                let ended_sessions = i32::try_from(ended).unwrap_or(i32::MAX);
                Ok(ChangePasswordResult::PasswordChanged(PasswordChanged { ended_sessions }))
            }
            Err(ChangePasswordRefusal::Rejected) => {
                Ok(ChangePasswordResult::CredentialsRejected(CredentialsRejected::new(language)))
            }
            Err(ChangePasswordRefusal::Required) => {
                Ok(ChangePasswordResult::ReauthenticationRequired(ReauthenticationRequired::new(language)))
            }
            Err(ChangePasswordRefusal::Denied(refusal)) => {
                denied!(ChangePasswordResult, refusal, language, no captcha)
            }
        }
    }

    /// Mails a link to choose a new password. The answer is the same whether or not an account has the address.
    async fn request_password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which address.")] input: RequestPasswordResetInput,
    ) -> Result<RequestPasswordResetResult, ApiError> {
        let captcha = input.captcha.map(Into::into);
        let service = ctx.service::<RequestPasswordReset>();
        match service.run(&input.email, captcha.as_ref(), ctx.client()).await {
            Ok(asked) => Ok(RequestPasswordResetResult::ResetRequested(ResetRequested {
                destination: asked.destination,
                expires_at: asked.expires_at,
                resend_at: asked.resend_at,
            })),
            Err(refusal) => denied!(RequestPasswordResetResult, refusal, ctx.language()),
        }
    }

    /// Chooses a new password by a mailed link or a code. Every session of the account ends and nobody is signed in.
    /// `CredentialsRejected`: the code was right, but no account has the address. `AccountDisabled` likewise.
    async fn reset_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The proof and the new password.")] input: ResetPasswordInput,
    ) -> Result<ResetPasswordResult, ApiError> {
        let language = ctx.language();
        let reset = Reset {
            proof: input.proof.into(),
            new: PasswordInput {
                password: input.password.into(),
                confirm: input.password_confirm.map(Into::into),
            },
            captcha: input.captcha.map(Into::into),
        };
        match ctx.service::<ResetPassword>().run(reset, ctx.client()).await {
            Ok(()) => Ok(ResetPasswordResult::PasswordReset(PasswordReset { done: true })),
            Err(ResetRefusal::Code { reason, attempts_left }) => Ok(ResetPasswordResult::CodeRejected(
                CodeRejected::new(reason.into(), attempts_left, language),
            )),
            Err(ResetRefusal::Ticket) => {
                Ok(ResetPasswordResult::TicketRejected(TicketRejected::new(language)))
            }
            Err(ResetRefusal::Rejected) => {
                Ok(ResetPasswordResult::CredentialsRejected(CredentialsRejected::new(language)))
            }
            Err(ResetRefusal::Disabled) => {
                Ok(ResetPasswordResult::AccountDisabled(AccountDisabled::new(language)))
            }
            Err(ResetRefusal::Denied(refusal)) => denied!(ResetPasswordResult, refusal, language),
        }
    }
}

impl From<ResetProof> for reset_password::ResetProof {
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
