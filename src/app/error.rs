//! Why a gateway did not start.

use std::net::SocketAddr;

use crate::db::DbError;
use crate::delivery::email::smtp::SmtpSetupError;
use crate::ephemeral::EphemeralError;
use crate::outcome::Refusal;
use crate::sessions::KeyError;

/// Why a gateway did not start, in words for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Database(#[from] DbError),
    #[error(transparent)]
    Query(#[from] Refusal),
    #[error("Redis: {0}")]
    Ephemeral(#[from] EphemeralError),
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error("the key file {0}: {1}")]
    KeyFile(String, String),
    #[error("{0} cannot be listened on: {1}")]
    Listen(SocketAddr, std::io::Error),
    #[error("social sign-in: {0}")]
    Social(String),
    #[error("webhooks: {0}")]
    Webhooks(String),
    #[error(transparent)]
    Mail(#[from] SmtpSetupError),
}
