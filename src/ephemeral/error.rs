//! What can go wrong with the short-lived store.

/// The store did not do what it was asked. Texts never hold keys or values.
#[derive(Debug, thiserror::Error)]
pub enum EphemeralError {
    /// The first connection failed: the operator has to look at the settings or the server.
    #[error("Redis cannot be used: {0}")]
    Start(String),
    /// No answer in time, or a refusal. It is not known whether the call had its effect.
    #[error("the short-lived store is unavailable: {0}")]
    Unavailable(String),
}
