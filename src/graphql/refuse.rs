//! Maps refusals of use cases to the members of a mutation's union.

use super::error::ApiError;
use super::fault::CallerFault;
use super::problem::{CaptchaRequired, CodeRejected, InvalidInput, RateLimited};
use crate::captcha::CaptchaRefusal;
use crate::core::language::Language;
use crate::outcome::Refusal;
use crate::verification::CodeRefusal;

/// Maps [`Denied`](crate::verification::Denied), which nearly every mutation shares, into a mutation's union, or into
/// an error where it is a fault of ours. The variants are those of the union; `no captcha` for mutations that ask for none.
macro_rules! denied {
    ($union:ident, $denied:expr, $language:expr, no captcha) => {
        match $denied {
            $crate::verification::Denied::Invalid(faults) => {
                Ok($union::InvalidInput($crate::graphql::problem::InvalidInput::new(faults, $language)))
            }
            $crate::verification::Denied::Limited { retry_at } => {
                Ok($union::RateLimited($crate::graphql::problem::RateLimited::new(retry_at, $language)))
            }
            refusal => Err($crate::graphql::error::ApiError::from(refusal)),
        }
    };
    ($union:ident, $denied:expr, $language:expr) => {
        match $denied {
            $crate::verification::Denied::Invalid(faults) => {
                Ok($union::InvalidInput($crate::graphql::problem::InvalidInput::new(faults, $language)))
            }
            $crate::verification::Denied::Limited { retry_at } => {
                Ok($union::RateLimited($crate::graphql::problem::RateLimited::new(retry_at, $language)))
            }
            $crate::verification::Denied::Captcha { provider, site_key } => Ok($union::CaptchaRequired(
                $crate::graphql::problem::CaptchaRequired::new(provider, site_key, $language),
            )),
            refusal @ ($crate::verification::Denied::SignedOut
            | $crate::verification::Denied::Unavailable(_)
            | $crate::verification::Denied::Fault(_)) => Err($crate::graphql::error::ApiError::from(refusal)),
        }
    };
}
pub(super) use denied;

/// Maps the refusals that every use case shares to the members of a mutation's union that show them. Failures become
/// GraphQL errors.
pub(super) fn shared<U>(refusal: Refusal, language: Language) -> Result<U, ApiError>
where
    U: From<InvalidInput> + From<RateLimited>,
{
    match refusal {
        Refusal::InvalidInput(errors) => Ok(InvalidInput::new(errors, language).into()),
        Refusal::RateLimited { retry_at, .. } => Ok(RateLimited::new(retry_at, language).into()),
        Refusal::SessionEnded => Err(ApiError::Caller(CallerFault::Unauthenticated)),
        Refusal::Unavailable(cause) => Err(ApiError::Unavailable(cause)),
        Refusal::Internal(cause) => Err(ApiError::Internal(cause)),
    }
}

/// As [`shared`], for a mutation that asks for a captcha.
pub(super) fn captcha<U>(refusal: CaptchaRefusal, language: Language) -> Result<U, ApiError>
where
    U: From<CaptchaRequired> + From<InvalidInput> + From<RateLimited>,
{
    match refusal {
        CaptchaRefusal::Required(widget) => {
            Ok(CaptchaRequired::new(widget.provider, widget.site_key, language).into())
        }
        CaptchaRefusal::Shared(refusal) => shared(refusal, language),
    }
}

/// As [`shared`], for a mutation that redeems a code.
#[expect(dead_code, reason = "the mutations that redeem codes are moved here one by one")]
pub(super) fn code<U>(refusal: CodeRefusal, language: Language) -> Result<U, ApiError>
where
    U: From<CodeRejected> + From<InvalidInput> + From<RateLimited>,
{
    match refusal {
        CodeRefusal::Rejected { reason, attempts_left } => {
            Ok(CodeRejected::new(reason.into(), attempts_left, language).into())
        }
        CodeRefusal::Shared(refusal) => shared(refusal, language),
    }
}
