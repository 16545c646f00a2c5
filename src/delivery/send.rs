//! The result of handing a message to a carrier or a mail server.

use std::time::Duration;

/// Proof that a carrier or mail server accepted the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The carrier or mail server that accepted the message.
    pub provider: &'static str,
    /// The provider's identifier of the message, for inquiries and delivery receipts.
    pub reference: Option<String>,
}

/// Why there is no proof that the message was accepted. The text is stored with the message and logged. It contains no
/// address and no code, and of the other side's response at most its error code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// This message will never be accepted: the number is invalid, or the content is refused.
    #[error("{0}")]
    Permanent(String),
    /// The carrier certainly did not accept the message. The next carrier can be tried at once.
    #[error("{0}")]
    Temporary(String),
    /// The carrier's limit on our account is reached. The next carrier can be tried at once.
    #[error("{reason}")]
    Throttled { reason: String, retry_after: Option<Duration> },
    /// The carrier's limit on this number is reached. Another carrier must not be tried, because the recipient has had
    /// enough messages.
    #[error("{0}")]
    NumberLimited(String),
    /// The carrier refuses the gateway: credentials, signature or template. The next carrier can be tried at once; an
    /// operator must act.
    #[error("{0}")]
    Misconfigured(String),
    /// The request was sent and the response was lost, so the message may have been accepted.
    #[error("{0}")]
    Unknown(String),
}
