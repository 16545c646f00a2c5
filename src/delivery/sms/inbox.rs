//! Development only: writes SMS messages to the table that `/dev/inbox` displays.

use super::outgoing::Outgoing;
use crate::core::clock::Clock;
use crate::core::ids::MessageId;
use crate::core::random::Random;
use crate::core::secret::ExposeSecret as _;
use crate::db::Db;
use crate::db::models::InboxMessage;
use crate::db::types::Channel;
use crate::delivery::send::{Receipt, SendError};

/// Writes SMS messages to the inbox.
#[derive(Clone)]
pub struct SmsInbox {
    db: Db,
    clock: Clock,
    random: Random,
}

impl SmsInbox {
    #[must_use]
    pub fn new(db: Db, clock: Clock, random: Random) -> Self {
        Self { db, clock, random }
    }

    pub(super) async fn send(&self, message: &Outgoing<'_>) -> Result<Receipt, SendError> {
        // The row has its own id, so a message that is sent twice is visible twice.
        let id = MessageId::new(&self.clock, &self.random);
        let row = InboxMessage {
            id: id.into(),
            message_id: message.id.into(),
            channel: Channel::Sms,
            destination: message.to.to_owned(),
            subject: None,
            body: message.text.to_owned(),
            html: None,
            code: message.content.code().map(|code| code.expose_secret().to_owned()),
            received_at: self.clock.now().into(),
        };
        let stored = self.db.put_into_inbox(&row).await;
        stored.map_err(|error| SendError::Temporary(error.to_string()))?;
        Ok(Receipt { provider: "inbox", reference: Some(id.to_string()) })
    }
}
