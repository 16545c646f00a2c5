//! The result of handing a message to a carrier or a mail server.

/// Proof that a carrier or mail server accepted the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The carrier or mail server that accepted the message.
    pub provider: &'static str,
    /// The provider's identifier of the message, for inquiries.
    pub reference: Option<String>,
}

/// Why the message was not accepted. The text is stored with the message and logged. It contains no address, no code and
/// no text from the other side.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// A later attempt may succeed.
    #[error("{0}")]
    Temporary(String),
    /// Every further attempt would fail in the same way.
    #[error("{0}")]
    Permanent(String),
}
