//! The port for mail: a way to send it is one file here and one variant of [`Email`].

pub mod inbox;
mod outgoing;
pub mod smtp;

pub use outgoing::Outgoing;

use super::send::{Receipt, SendError};

/// A way to send mail.
#[derive(Clone)]
pub enum Email {
    /// Development only: the page `/dev/inbox`.
    Inbox(inbox::EmailInbox),
    /// A mail server.
    Smtp(smtp::Smtp),
}

impl Email {
    /// Hands the mail over.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send(&self, message: &Outgoing<'_>) -> Result<Receipt, SendError> {
        match self {
            Self::Inbox(inbox) => inbox.send(message).await,
            Self::Smtp(smtp) => smtp.send(message).await,
        }
    }
}
