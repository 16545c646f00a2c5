//! What a carrier can be asked about a message, and what it reports on its own.

use http::HeaderMap;

use crate::core::clock::Instant;
use crate::core::ids::MessageId;
use crate::db::models::MessageReceipt;

/// A message that was handed to a carrier. It has no `Debug` because it contains a number.
pub struct Sent<'a> {
    pub id: MessageId,
    /// The mobile number in E.164 format.
    pub to: &'a str,
    /// The carrier's identifier of the message; `None` if the response was lost.
    pub reference: Option<&'a str>,
    /// When the request was sent.
    pub at: Instant,
}

/// What a carrier knows about a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Queried {
    /// The carrier has no such message, so it can be sent again.
    NotFound,
    /// The carrier accepted the message and does not yet know whether it was delivered.
    Accepted {
        reference: Option<String>,
    },
    Delivered,
    /// The message was not delivered; the text is the carrier's error code.
    Failed(String),
    /// The carrier cannot be asked about this message.
    Unsupported,
}

/// A report of a carrier about the delivery of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryReceipt {
    /// The carrier's identifier of the message, as in [`Receipt::reference`](crate::delivery::Receipt::reference).
    pub reference: String,
    /// Our own identifier, if the carrier repeats it. It finds the message if the response to the request was lost.
    pub id: Option<MessageId>,
    pub delivered: bool,
    /// The carrier's error code if the message was not delivered.
    pub reason: Option<String>,
}

impl From<DeliveryReceipt> for MessageReceipt {
    fn from(receipt: DeliveryReceipt) -> Self {
        let DeliveryReceipt { reference, id, delivered, reason } = receipt;
        Self { reference, id, delivered, reason }
    }
}

/// A request to the webhook for delivery receipts. It has no `Debug` because it contains a secret and a number.
pub struct ReceiptRequest<'a> {
    pub headers: &'a HeaderMap,
    /// The path with the query, as in the request line.
    pub path_and_query: &'a str,
    pub body: &'a [u8],
}

/// Why delivery receipts are not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// The carrier has no receipts, or they are not configured.
    #[error("delivery receipts of this carrier are not configured")]
    Unsupported,
    /// The signature or the secret in the URL is missing or wrong.
    #[error("the delivery receipt is not authentic")]
    Forged,
    /// The body cannot be parsed.
    #[error("the delivery receipt cannot be parsed")]
    Malformed,
}

/// The response that a carrier expects to its delivery receipts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    pub content_type: &'static str,
    pub body: &'static str,
}

/// What can be learned about a carrier without sending a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// The credentials are valid; the text contains what else the carrier said, such as the balance.
    Valid(String),
    /// The carrier has nothing that could be asked.
    Unsupported,
}
