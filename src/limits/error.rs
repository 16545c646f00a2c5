//! Why an action has to wait.

use crate::core::clock::Instant;

/// Nothing was charged, and nothing may be done.
#[derive(Debug, thiserror::Error)]
pub enum LimitError {
    /// Too much, too fast. When several limits hold, this is the one that holds longest.
    #[error("{action} has to wait until {retry_at}")]
    Limited {
        /// The limit that holds, such as `send.interval`; for logs and metrics.
        action: &'static str,
        retry_at: Instant,
    },
    /// The store did not answer: nobody knows, so nobody passes.
    #[error("limits are unavailable")]
    Unavailable,
}
