//! The refusals that every use case shares.

use super::field_error::FieldError;
use crate::core::clock::Instant;
use crate::core::invalid_value::InvalidValue;

/// Why a use case was refused or failed, for reasons that are not its own.
///
/// A use case's error enum names its own refusals and contains this one by `#[from]`. The texts of `Unavailable` and
/// `Internal` are for the log: clients receive constant messages.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Fields of the input are invalid; every one of them is listed.
    #[error("invalid input")]
    InvalidInput(Vec<FieldError>),
    /// A limit is exhausted.
    #[error("rate limited by {limit} until {retry_at}")]
    RateLimited {
        /// The name of the limit, such as `send.interval`; for logs and metrics.
        limit: &'static str,
        retry_at: Instant,
    },
    /// The caller's session was revoked, or its account was disabled or deleted, while the request was running.
    #[error("the session is no longer active")]
    SessionEnded,
    /// A store or service cannot be reached, or a queue is full. Nothing was changed; the same request may succeed later.
    #[error("{0}")]
    Unavailable(String),
    /// A failure of the gateway itself.
    #[error("{0}")]
    Internal(String),
}

impl From<Vec<FieldError>> for Refusal {
    fn from(errors: Vec<FieldError>) -> Self {
        Self::InvalidInput(errors)
    }
}

impl Refusal {
    /// A single invalid field.
    #[must_use]
    pub fn invalid(path: impl Into<String>, reason: InvalidValue) -> Self {
        Self::InvalidInput(vec![FieldError::new(path, reason)])
    }
}
