//! The refusals that nearly every use case shares, so that each has to name only its own.

use crate::captcha::CaptchaRefusal;
use crate::core::clock::Instant;
use crate::core::problem::FieldFault;
use crate::db::DbError;
use crate::limits::LimitError;

/// Refused before, or beside, the matter itself.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    #[error("bad input")]
    Invalid(Vec<FieldFault>),
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

impl From<Vec<FieldFault>> for Denied {
    fn from(faults: Vec<FieldFault>) -> Self {
        Self::Invalid(faults)
    }
}

impl From<LimitError> for Denied {
    fn from(error: LimitError) -> Self {
        match error {
            LimitError::Limited { retry_at, .. } => Self::Limited { retry_at },
            LimitError::Unavailable => Self::Unavailable("limits".into()),
        }
    }
}

impl From<CaptchaRefusal> for Denied {
    fn from(refusal: CaptchaRefusal) -> Self {
        match refusal {
            CaptchaRefusal::Required { provider, site_key } => Self::Captcha { provider, site_key },
            CaptchaRefusal::Unavailable => Self::Unavailable("captcha".into()),
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
