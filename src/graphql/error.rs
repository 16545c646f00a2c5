//! GraphQL errors with a code from one closed list.
//!
//! A resolver cannot disclose internal errors: it returns [`ApiError`], which has no `Display` and is built only from
//! the types below. `?` on a database error does not compile here.

use async_graphql::{Error, ErrorExtensions as _};

use super::error_code::ErrorCode;
use crate::accounts::profile::availability::AvailabilityRefusal;
use crate::core::clock::Instant;
use crate::outcome::Refusal;

/// An error that is not a typed refusal.
pub enum ApiError {
    Code(ErrorCode),
    RateLimited(Instant),
    /// A store is unavailable. The cause is logged and not part of the response.
    Unavailable(String),
    /// An internal error. The cause is logged and not part of the response.
    Internal(String),
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        let (code, retry_at) = match error {
            ApiError::Code(code) => (code, None),
            ApiError::RateLimited(retry_at) => (ErrorCode::RateLimited, Some(retry_at)),
            ApiError::Unavailable(cause) => {
                // The outage was already logged once. This entry connects the cause with the request.
                tracing::info!(cause, "unavailable");
                (ErrorCode::Unavailable, None)
            }
            ApiError::Internal(cause) => {
                tracing::error!(cause, "internal error");
                (ErrorCode::InternalServerError, None)
            }
        };
        Error::new(code.message()).extend_with(|_, extensions| {
            extensions.set("code", code.as_str());
            if let Some(retry_at) = retry_at {
                extensions.set("retryAt", retry_at.to_rfc3339());
            }
        })
    }
}

/// For fields without a union: availability, delivery, `me`.
impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::InvalidInput(_) => Self::Code(ErrorCode::BadRequest),
            Refusal::RateLimited { retry_at, .. } => Self::RateLimited(retry_at),
            Refusal::SessionEnded => Self::Code(ErrorCode::Unauthenticated),
            Refusal::Unavailable(cause) => Self::Unavailable(cause),
            Refusal::Internal(cause) => Self::Internal(cause),
        }
    }
}

impl From<AvailabilityRefusal> for ApiError {
    fn from(refusal: AvailabilityRefusal) -> Self {
        match refusal {
            AvailabilityRefusal::TurnedOff => Self::Code(ErrorCode::Forbidden),
            AvailabilityRefusal::Shared(refusal) => refusal.into(),
        }
    }
}
