//! Errors that prevent a gateway from starting.

use std::net::SocketAddr;

use crate::db::DbError;
use crate::delivery::email::smtp::SmtpSetupError;
use crate::ephemeral::EphemeralError;
use crate::outcome::Refusal;
use crate::sessions::KeyError;

/// Why a gateway did not start, as a message for the operator.
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
    #[error("key file {0}: {1}")]
    KeyFile(String, String),
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    #[error("social sign-in: {0}")]
    Social(String),
    #[error("SMS: {0}")]
    Sms(String),
    #[error("webhooks: {0}")]
    Webhooks(String),
    #[error("captcha: {0}")]
    Captcha(String),
    #[error(transparent)]
    Mail(#[from] SmtpSetupError),
}
