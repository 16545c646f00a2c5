//! Our own faults and the caller's, as GraphQL errors with a code out of one closed list.
//!
//! A resolver cannot leak: it returns [`ApiError`], which has no `Display` and comes only from the types below, so `?`
//! on a database error does not compile here.

use async_graphql::{Error, ErrorExtensions as _};

use super::fault::CallerFault;
use crate::accounts::profile::availability::AvailabilityRefusal;
use crate::core::clock::Instant;
use crate::outcome::Refusal;

/// An error that is no expected outcome.
pub enum ApiError {
    Caller(CallerFault),
    RateLimited(Instant),
    /// A store is away. The cause is logged, not told.
    Unavailable(String),
    /// A fault of ours. The cause is logged, not told.
    Internal(String),
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        let (fault, retry_at) = match error {
            ApiError::Caller(fault) => (fault, None),
            ApiError::RateLimited(retry_at) => (CallerFault::RateLimited, Some(retry_at)),
            ApiError::Unavailable(cause) => {
                // That the store is away is said once, where it is seen; this ties the cause to the request.
                tracing::info!(cause, "unavailable");
                (CallerFault::Unavailable, None)
            }
            ApiError::Internal(cause) => {
                tracing::error!(cause, "internal error");
                (CallerFault::InternalServerError, None)
            }
        };
        Error::new(fault.message()).extend_with(|_, extensions| {
            extensions.set("code", fault.code());
            if let Some(retry_at) = retry_at {
                extensions.set("retryAt", retry_at.to_rfc3339());
            }
        })
    }
}

/// For fields whose type is not a union: availability, delivery, `me`.
impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::InvalidInput(_) => Self::Caller(CallerFault::BadRequest),
            Refusal::RateLimited { retry_at, .. } => Self::RateLimited(retry_at),
            Refusal::SessionEnded => Self::Caller(CallerFault::Unauthenticated),
            Refusal::Unavailable(cause) => Self::Unavailable(cause),
            Refusal::Internal(cause) => Self::Internal(cause),
        }
    }
}

impl From<AvailabilityRefusal> for ApiError {
    fn from(refusal: AvailabilityRefusal) -> Self {
        match refusal {
            AvailabilityRefusal::TurnedOff => Self::Caller(CallerFault::Forbidden),
            AvailabilityRefusal::Shared(refusal) => refusal.into(),
        }
    }
}
