//! The port for text messages: a carrier is one file here and one variant of [`Sms`].
//!
//! So far there is the inbox of development mode alone. Carriers that take free text send [`Outgoing::text`]; those
//! with approved templates (all of mainland China's) choose one by [`Outgoing::content`] and [`Outgoing::language`].

pub mod inbox;
mod outgoing;

pub use outgoing::Outgoing;

use super::send::{Receipt, SendError};

/// A way to send text messages.
#[derive(Clone)]
pub enum Sms {
    /// Development only: the page `/dev/inbox`.
    Inbox(inbox::SmsInbox),
}

impl Sms {
    /// Hands the message over.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send(&self, message: &Outgoing<'_>) -> Result<Receipt, SendError> {
        match self {
            Self::Inbox(inbox) => inbox.send(message).await,
        }
    }
}
