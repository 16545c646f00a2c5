//! Errors of the short-lived store.

/// A failed call of the store. Texts contain neither keys nor values.
#[derive(Debug, thiserror::Error)]
pub enum EphemeralError {
    /// The first connection failed. The operator has to check the settings or the server.
    #[error("Redis cannot be used: {0}")]
    Start(String),
    /// No response in time, or a refused call. Whether the call had an effect is unknown.
    #[error("the short-lived store is unavailable: {0}")]
    Unavailable(String),
}
