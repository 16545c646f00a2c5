//! What comes back from a carrier or a mail server.

/// Somebody took the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Who took it.
    pub provider: &'static str,
    /// The name by which it can be asked for there.
    pub reference: Option<String>,
}

/// Nobody took the message. The text is kept with it and logged: no address, no code, no words of the other side.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It is worth trying again.
    #[error("{0}")]
    Temporary(String),
    /// It is not.
    #[error("{0}")]
    Permanent(String),
}
