//! The port for SMS messages. Each carrier is one file here and one variant of [`Sms`].
//!
//! Carriers that accept free text send [`Outgoing::text`]. Carriers with approved templates, which includes all carriers
//! of mainland China, choose a template by [`Outgoing::content`] and [`Outgoing::language`].

pub mod inbox;
mod outgoing;

pub use outgoing::Outgoing;

use super::send::{Receipt, SendError};

/// How SMS messages are sent.
#[derive(Clone)]
pub enum Sms {
    /// Development only: messages appear on the page `/dev/inbox`.
    Inbox(inbox::SmsInbox),
}

impl Sms {
    /// Sends the message.
    pub async fn send(&self, message: &Outgoing<'_>) -> Result<Receipt, SendError> {
        match self {
            Self::Inbox(inbox) => inbox.send(message).await,
        }
    }
}
