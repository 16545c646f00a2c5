//! The port for e-mail. Each implementation is one file here and one variant of [`Email`].

pub mod inbox;
mod outgoing;
pub mod smtp;

pub use outgoing::Outgoing;

use super::send::{Receipt, SendError};

/// How e-mails are sent.
#[derive(Clone)]
pub enum Email {
    /// Development only: e-mails appear on the page `/dev/inbox`.
    Inbox(inbox::EmailInbox),
    /// E-mails are sent through a mail server.
    Smtp(smtp::Smtp),
}

impl Email {
    /// Sends the mail.
    pub async fn send(&self, message: &Outgoing<'_>) -> Result<Receipt, SendError> {
        match self {
            Self::Inbox(inbox) => inbox.send(message).await,
            Self::Smtp(smtp) => smtp.send(message).await,
        }
    }
}
