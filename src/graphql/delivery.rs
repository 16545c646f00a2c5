//! `delivery`: the delivery status of a message.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::context::ContextExt as _;
use super::error::ApiError;
use crate::core::ids::MessageId;
use crate::delivery::{Channel, MessageStatus};

/// The channel of a message.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Channel")]
pub enum DeliveryChannel {
    /// To a mobile number.
    Sms,
    /// To an e-mail address.
    Email,
}

/// The delivery status of a message.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "MessageStatus")]
pub enum DeliveryStatus {
    /// The message waits for its first or next attempt.
    Queued,
    /// A carrier or mail server accepted the message.
    Sent,
    /// The carrier reported that the recipient has the message. Not every carrier reports it.
    Delivered,
    /// The gateway gave up.
    Failed,
    /// The code expired before the message could be sent.
    Expired,
}

/// The delivery of a message.
#[derive(SimpleObject)]
pub struct Delivery {
    /// The id for `delivery(id)`.
    id: ID,
    /// The channel of the message.
    channel: DeliveryChannel,
    /// The delivery status.
    status: DeliveryStatus,
    /// When the status last changed.
    updated_at: DateTime<Utc>,
}

impl Delivery {
    /// Builds the delivery of a message that was just queued.
    pub fn queued(id: MessageId, channel: Channel, at: DateTime<Utc>) -> Self {
        let id = id.to_string().into();
        Self { id, channel: channel.into(), status: DeliveryStatus::Queued, updated_at: at }
    }
}

/// Queries about messages.
#[derive(Default)]
pub struct DeliveryQueries;

#[Object]
impl DeliveryQueries {
    /// The delivery of a message; null if it does not exist. Only the client that requested the code knows the id.
    async fn delivery(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From `CodeSent.delivery`.")] id: ID,
    ) -> Result<Option<Delivery>, ApiError> {
        let found = ctx.verification().delivery_status(&id, ctx.client()).await?;
        Ok(found.map(|found| Delivery {
            id,
            channel: found.channel.into(),
            status: found.status.into(),
            updated_at: found.updated_at,
        }))
    }
}
