//! The refusals that nearly every use case shares, so that each has to name only its own.

use crate::captcha::CaptchaRefusal;
use crate::core::clock::Instant;
use crate::db::DbError;
use crate::outcome::FieldError;
use crate::outcome::Refusal;

/// Refused before, or beside, the matter itself.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    #[error("bad input")]
    Invalid(Vec<FieldError>),
    #[error("too many tries")]
    Limited { retry_at: Instant },
    #[error("a captcha is asked for")]
    Captcha { provider: String, site_key: String },
    /// The session that the call came with ended while it was being answered.
    #[error("the session has ended")]
    SignedOut,
    /// A store cannot be reached, or too much is waiting: nothing was done, and the same call may succeed later.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A fault of ours.
    #[error("{0}")]
    Fault(String),
}

impl From<Vec<FieldError>> for Denied {
    fn from(faults: Vec<FieldError>) -> Self {
        Self::Invalid(faults)
    }
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::InvalidInput(errors) => Self::Invalid(errors),
            Refusal::RateLimited { retry_at, .. } => Self::Limited { retry_at },
            Refusal::SessionEnded => Self::SignedOut,
            Refusal::Unavailable(cause) => Self::Unavailable(cause),
            Refusal::Internal(cause) => Self::Fault(cause),
        }
    }
}

impl From<CaptchaRefusal> for Denied {
    fn from(refusal: CaptchaRefusal) -> Self {
        match refusal {
            CaptchaRefusal::Required(widget) => {
                Self::Captcha { provider: widget.provider, site_key: widget.site_key }
            }
            CaptchaRefusal::Shared(refusal) => refusal.into(),
        }
    }
}

impl From<DbError> for Denied {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Unavailable(reason) => Self::Unavailable(reason),
            DbError::Taken(_) | DbError::Fault(_) => Self::Fault(error.to_string()),
        }
    }
}

/// `?` on what turns into [`Denied`], in a use case whose own refusal has a variant `Denied`; with `codes` in front,
/// also on a code that was not taken, which becomes the variant `Code`.
macro_rules! refusals {
    (codes $refusal:ident: $($error:ty),+ $(,)?) => {
        $crate::verification::refusals!($refusal: $($error),+);

        impl From<$crate::verification::CodeError> for $refusal {
            fn from(error: $crate::verification::CodeError) -> Self {
                match error {
                    $crate::verification::CodeError::Rejected { reason, attempts_left } => {
                        Self::Code { reason, attempts_left }
                    }
                    $crate::verification::CodeError::Unavailable => {
                        Self::Denied($crate::verification::Denied::Unavailable("codes".into()))
                    }
                }
            }
        }
    };
    ($refusal:ident: $($error:ty),+ $(,)?) => {$(
        impl From<$error> for $refusal {
            fn from(error: $error) -> Self {
                Self::Denied(error.into())
            }
        }
    )+};
}
pub(crate) use refusals;
