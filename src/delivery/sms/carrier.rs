//! One carrier of SMS messages.

use super::inbox::SmsInbox;
use super::outgoing::Outgoing;
use super::port::{Acknowledgement, Checked, DeliveryReceipt, Queried, ReceiptError, ReceiptRequest, Sent};
use crate::delivery::send::{Receipt, SendError};

/// A carrier. Each variant is implemented in a file of its own.
#[derive(Clone)]
pub enum Carrier {
    /// Development only: messages appear on the page `/dev/inbox`.
    Inbox(SmsInbox),
}

impl Carrier {
    /// Returns the name in settings, in the outbox and in the path of the receipt webhook.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Inbox(_) => "inbox",
        }
    }

    /// Sends the message in one request, without retries.
    pub async fn send(&self, message: &Outgoing<'_>) -> Result<Receipt, SendError> {
        match self {
            Self::Inbox(inbox) => inbox.send(message).await,
        }
    }

    /// Asks the carrier about a message. After an error the carrier can be asked again later. In particular, a carrier
    /// that does not show new messages at once returns [`SendError::Temporary`] until the message would be visible.
    #[expect(clippy::unused_async, reason = "all carriers but the inbox are asked over the network")]
    pub async fn query(&self, sent: &Sent<'_>) -> Result<Queried, SendError> {
        match self {
            Self::Inbox(_) => Ok(sent.reference.map_or(Queried::Unsupported, |_| Queried::Delivered)),
        }
    }

    /// Checks the authenticity of a request to the receipt webhook and parses it. Receipts of intermediate states are
    /// left out, so the list can be empty.
    pub fn parse_receipts(&self, _: &ReceiptRequest<'_>) -> Result<Vec<DeliveryReceipt>, ReceiptError> {
        match self {
            Self::Inbox(_) => Err(ReceiptError::Unsupported),
        }
    }

    /// Returns the response to a request whose receipts were stored.
    #[must_use]
    pub fn acknowledgement(&self) -> Acknowledgement {
        match self {
            Self::Inbox(_) => Acknowledgement { content_type: "text/plain", body: "" },
        }
    }

    /// Asks the carrier whether the credentials are valid, without sending a message.
    #[expect(clippy::unused_async, reason = "all carriers but the inbox are asked over the network")]
    pub async fn check(&self) -> Result<Checked, SendError> {
        match self {
            Self::Inbox(_) => Ok(Checked::Unsupported),
        }
    }
}
