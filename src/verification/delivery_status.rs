//! `delivery`: reports how far a message has come.

use super::service::Verification;
use crate::core::client::Client;
use crate::core::ids::MessageId;
use crate::delivery::MessageState;
use crate::outcome::Refusal;

impl Verification {
    /// Returns the state of a message; `None` where there is no such message. Queries are limited per network.
    #[tracing::instrument(skip_all)]
    pub async fn delivery_status(&self, id: &str, client: &Client) -> Result<Option<MessageState>, Refusal> {
        self.kit.limits.delivery_status(&client.network()).await?;
        let Some(id) = MessageId::parse(id) else { return Ok(None) };
        self.outbox.status(id).await
    }
}
