//! `delivery`: how a code's message fares.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::context::ContextExt as _;
use super::error::ApiError;
use crate::core::ids::MessageId;
use crate::delivery::{Channel, Outbox, Status};
use crate::limits::Limiter;
use crate::verification::Denied;

/// The way a message goes.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Channel")]
pub enum DeliveryChannel {
    /// To a mobile number.
    Sms,
    /// To an e-mail address.
    Email,
}

/// How far a message has come.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Status")]
pub enum DeliveryStatus {
    /// It waits, or is being tried again.
    Queued,
    /// A carrier or mail server took it.
    Sent,
    /// It was given up.
    Failed,
    /// Its code ran out before it could be sent.
    Expired,
}

/// How a message fares.
#[derive(SimpleObject)]
pub struct Delivery {
    /// For `delivery(id)`.
    id: ID,
    /// The way it goes.
    channel: DeliveryChannel,
    /// How far it has come.
    status: DeliveryStatus,
    /// When that changed last.
    updated_at: DateTime<Utc>,
}

impl Delivery {
    /// A message that was queued just now.
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
    /// How a message fares; null where there is no such message. The id is known to whoever asked for the code.
    async fn delivery(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From `CodeSent.delivery`.")] id: ID,
    ) -> Result<Option<Delivery>, ApiError> {
        let network = ctx.client().network();
        ctx.service::<Limiter>().delivery_status(&network).await.map_err(Denied::from)?;
        let Some(id) = MessageId::parse(&id) else {
            return Ok(None);
        };
        let found = ctx.service::<Outbox>().status(id).await.map_err(Denied::from)?;
        Ok(found.map(|found| Delivery {
            id: id.to_string().into(),
            channel: found.channel.into(),
            status: found.status.into(),
            updated_at: found.updated_at,
        }))
    }
}
