//! The outbox stores messages, sealed, until a worker has sent them.

use std::sync::Arc;

use tokio::sync::Notify;
use zeroize::Zeroizing;

use super::content::{Content, Destination};
use crate::core::clock::{Clock, Instant};
use crate::core::ids::MessageId;
use crate::core::language::Language;
use crate::core::random::Random;
use crate::core::secret::{MasterKey, OpenError, Sealer};
use crate::db::Db;
use crate::db::models::{DueMessage, NewMessage};
use crate::db::types::{Channel, MessageStatus};
use crate::outcome::Refusal;

/// Accepts messages and reports their delivery status. Cheap to clone; all clones wake the same worker.
#[derive(Clone)]
pub struct Outbox {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) random: Random,
    sealer: Sealer,
    wake: Arc<Notify>,
}

/// The delivery status of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageState {
    pub channel: Channel,
    pub status: MessageStatus,
    /// When the status changed or an attempt was made, whichever is later.
    pub updated_at: Instant,
}

/// The decrypted row of a message. It has no `Debug` because it contains a code and an address.
pub(super) struct Opened {
    pub channel: Channel,
    pub language: Language,
    pub destination: Zeroizing<String>,
    pub content: Content,
}

/// Why a row cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error(transparent)]
    Sealed(#[from] OpenError),
    #[error("this version does not support the kind of the message")]
    UnknownKind,
}

impl Outbox {
    #[must_use]
    pub fn new(db: Db, master: &MasterKey, clock: Clock, random: Random) -> Self {
        Self { db, clock, random, sealer: master.sealer("outbox"), wake: Arc::default() }
    }

    /// Builds the row of a message without writing it. [`Outbox::enqueue`] writes it, or a query writes it in the
    /// transaction that causes the message; call [`Outbox::wake`] after that transaction. The message is not sent at or
    /// after `expires_at`.
    #[must_use]
    pub fn compose(
        &self,
        destination: Destination,
        content: &Content,
        language: Language,
        expires_at: Instant,
    ) -> NewMessage {
        let id = MessageId::new(&self.clock, &self.random);
        let now = self.clock.now();
        let channel = destination.channel();
        let (address, masked) = destination.into_parts();
        let seal = |column, plain: &[u8]| self.sealer.seal(&self.random, &location(column, id), plain);
        NewMessage {
            id,
            channel,
            kind: content.kind().to_owned(),
            language: language.tag().to_owned(),
            destination: seal("destination", address.as_bytes()),
            masked,
            payload: seal("payload", &content.to_bytes()),
            status: MessageStatus::Queued,
            attempts: 0,
            next_attempt_at: now.into(),
            expires_at: expires_at.into(),
            created_at: now.into(),
            updated_at: now.into(),
        }
    }

    /// Writes the message and wakes the worker of this process, which starts to send it at once.
    pub async fn enqueue(&self, message: NewMessage) -> Result<(), Refusal> {
        self.db.enqueue_message(&message).await?;
        self.wake();
        Ok(())
    }

    /// Wakes the worker of this process because there is a message to send.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Waits for [`Outbox::wake`]. A call that came before this one counts.
    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Returns the delivery status of a message; `None` where there is no such message.
    pub async fn status(&self, id: MessageId) -> Result<Option<MessageState>, Refusal> {
        let row = self.db.message_progress(id).await?;
        Ok(row.map(|row| MessageState {
            channel: row.channel,
            status: row.status,
            updated_at: row.updated_at.0,
        }))
    }

    /// Decrypts and parses a row.
    pub(super) fn open(&self, row: &DueMessage) -> Result<Opened, Unreadable> {
        let open = |column, sealed| self.sealer.open(&location(column, row.id), sealed);
        let payload = open("payload", &row.payload)?;
        let destination = open("destination", &row.destination)?;
        let text = std::str::from_utf8(&destination).map_err(|_| Unreadable::UnknownKind)?;
        Ok(Opened {
            channel: row.channel,
            language: Language::from_tag(&row.language).unwrap_or_default(),
            destination: Zeroizing::new(text.to_owned()),
            content: Content::from_bytes(&payload).ok_or(Unreadable::UnknownKind)?,
        })
    }
}

/// Returns the associated data of a sealed value. A value that was copied to another row or column does not open.
fn location(column: &str, id: MessageId) -> String {
    format!("messages.{column}.{id}")
}
