//! Maps refusals of use cases to the members of a mutation's union.

use super::error::ApiError;
use super::error_code::ErrorCode;
use super::problem::{
    AccountDisabled, CaptchaRequired, CodeRejected, CredentialsRejected, InvalidInput, RateLimited,
    ReauthenticationRequired,
};
use crate::accounts::credentials::reauthentication::ReauthenticationRefusal;
use crate::accounts::sign_in::login::LoginRefusal;
use crate::accounts::sign_in::login_with_code::{CodeLoginRefusal, ContactKind};
use crate::accounts::sign_in::verify_account::VerifyAccountRefusal;
use crate::captcha::CaptchaRefusal;
use crate::core::language::Language;
use crate::outcome::{Problem, Refusal};
use crate::verification::CodeRefusal;

/// Maps the refusals that every use case shares to the members of a mutation's union that show them. Failures become
/// GraphQL errors.
pub(super) fn shared<U>(refusal: Refusal, language: Language) -> Result<U, ApiError>
where
    U: From<InvalidInput> + From<RateLimited>,
{
    match refusal {
        Refusal::InvalidInput(errors) => Ok(InvalidInput::new(errors, language).into()),
        Refusal::RateLimited { retry_at, .. } => Ok(RateLimited::new(retry_at, language).into()),
        Refusal::SessionEnded => Err(ApiError::Code(ErrorCode::Unauthenticated)),
        Refusal::Unavailable(cause) => Err(ApiError::Unavailable(cause)),
        Refusal::Internal(cause) => Err(ApiError::Internal(cause)),
    }
}

/// As [`shared`], for a mutation that can require a captcha.
pub(super) fn captcha<U>(refusal: CaptchaRefusal, language: Language) -> Result<U, ApiError>
where
    U: From<CaptchaRequired> + From<InvalidInput> + From<RateLimited>,
{
    match refusal {
        CaptchaRefusal::Required(required) => Ok(CaptchaRequired::new(*required, language).into()),
        CaptchaRefusal::Shared(refusal) => shared(refusal, language),
    }
}

/// As [`shared`], for a mutation that redeems a code.
pub(super) fn code<U>(refusal: CodeRefusal, language: Language) -> Result<U, ApiError>
where
    U: From<CodeRejected> + From<InvalidInput> + From<RateLimited>,
{
    match refusal {
        CodeRefusal::Rejected { reason, attempts_left, locked_minutes } => {
            Ok(CodeRejected::new(reason.into(), attempts_left, locked_minutes, language).into())
        }
        CodeRefusal::Shared(refusal) => shared(refusal, language),
    }
}

/// As [`shared`], for a mutation that can require re-authentication.
pub(super) fn reauthentication<U>(refusal: ReauthenticationRefusal, language: Language) -> Result<U, ApiError>
where
    U: From<CredentialsRejected> + From<ReauthenticationRequired> + From<InvalidInput> + From<RateLimited>,
{
    match refusal {
        ReauthenticationRefusal::WrongPassword => {
            Ok(CredentialsRejected::because(&Problem::WrongCurrentPassword, language).into())
        }
        ReauthenticationRefusal::Required => Ok(ReauthenticationRequired::new(language).into()),
        ReauthenticationRefusal::Shared(refusal) => shared(refusal, language),
    }
}

/// As [`shared`], for a mutation that verifies a password.
pub(super) fn login<U>(refusal: LoginRefusal, language: Language) -> Result<U, ApiError>
where
    U: From<CredentialsRejected>
        + From<AccountDisabled>
        + From<CaptchaRequired>
        + From<InvalidInput>
        + From<RateLimited>,
{
    match refusal {
        LoginRefusal::WrongCredentials => Ok(CredentialsRejected::new(language).into()),
        LoginRefusal::AccountDisabled => Ok(AccountDisabled::new(language).into()),
        LoginRefusal::Captcha(refusal) => captcha(refusal, language),
        LoginRefusal::Shared(refusal) => shared(refusal, language),
    }
}

/// As [`shared`], for a mutation that verifies a contact by a code.
pub(super) fn code_login<U>(refusal: CodeLoginRefusal, language: Language) -> Result<U, ApiError>
where
    U: From<CredentialsRejected>
        + From<AccountDisabled>
        + From<CodeRejected>
        + From<CaptchaRequired>
        + From<InvalidInput>
        + From<RateLimited>,
{
    match refusal {
        CodeLoginRefusal::NotRegistered(kind) => Ok(not_registered(kind, language).into()),
        CodeLoginRefusal::AccountDisabled => Ok(AccountDisabled::new(language).into()),
        CodeLoginRefusal::Code(refusal) => code(refusal, language),
        CodeLoginRefusal::Captcha(refusal) => captcha(refusal, language),
        CodeLoginRefusal::Shared(refusal) => shared(refusal, language),
    }
}

/// As [`shared`], for a mutation that verifies another account of the caller.
pub(super) fn account<U>(refusal: VerifyAccountRefusal, language: Language) -> Result<U, ApiError>
where
    U: From<CredentialsRejected>
        + From<AccountDisabled>
        + From<CodeRejected>
        + From<CaptchaRequired>
        + From<InvalidInput>
        + From<RateLimited>,
{
    match refusal {
        VerifyAccountRefusal::Password(refusal) => login(refusal, language),
        VerifyAccountRefusal::Code(refusal) => code_login(refusal, language),
    }
}

/// Builds the refusal for a valid code of a contact that no account has.
pub(super) fn not_registered(kind: ContactKind, language: Language) -> CredentialsRejected {
    let problem = match kind {
        ContactKind::Mobile => Problem::MobileNotRegistered,
        ContactKind::Email => Problem::EmailNotRegistered,
    };
    CredentialsRejected::because(&problem, language)
}
