//! The outbox: messages wait here, sealed, until a worker has sent them.

use std::sync::Arc;

use tokio::sync::Notify;
use zeroize::Zeroizing;

use super::content::{Channel, Content, Destination, Status};
use crate::core::clock::{Clock, Instant};
use crate::core::ids::MessageId;
use crate::core::language::Language;
use crate::core::random::Random;
use crate::core::secret::{MasterKey, OpenError, Sealer};
use crate::db::models::{DueMessage, NewMessage};
use crate::db::{Db, DbError};

/// Takes messages in and tells how they fare. Cheap to clone; clones wake the same worker.
#[derive(Clone)]
pub struct Outbox {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) random: Random,
    sealer: Sealer,
    wake: Arc<Notify>,
}

/// How a message fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageState {
    pub channel: Channel,
    pub status: Status,
    /// When that changed last, attempts included.
    pub updated_at: Instant,
}

/// What a row says once it is opened. No `Debug`: it holds a code and an address.
pub(super) struct Opened {
    pub channel: Channel,
    pub language: Language,
    pub destination: Zeroizing<String>,
    pub content: Content,
}

/// A row that cannot be opened.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error(transparent)]
    Sealed(#[from] OpenError),
    #[error("the message is of a kind that this version does not know")]
    Unknown,
}

impl Outbox {
    #[must_use]
    pub fn new(db: Db, master: &MasterKey, clock: Clock, random: Random) -> Self {
        Self { db, clock, random, sealer: master.sealer("outbox"), wake: Arc::default() }
    }

    /// Makes the row of a message. Nothing is written: [`Outbox::enqueue`] does that, or a query that writes it in
    /// one transaction with what it belongs to (call [`Outbox::wake`] after that one).
    /// From `expires_at` on it is not sent any more.
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
        let (whole, masked) = destination.into_parts();
        let seal = |column, plain: &[u8]| self.sealer.seal(&self.random, &place(column, id), plain);
        NewMessage {
            id,
            channel: channel.name().to_owned(),
            kind: content.kind().to_owned(),
            language: language.tag().to_owned(),
            destination: seal("destination", whole.as_bytes()),
            masked,
            payload: seal("payload", &content.to_bytes()),
            status: Status::Queued.name().to_owned(),
            attempts: 0,
            next_attempt_at: now.into(),
            expires_at: expires_at.into(),
            created_at: now.into(),
            updated_at: now.into(),
        }
    }

    /// Writes the message down; a worker in this process begins to send it at once.
    ///
    /// # Errors
    /// [`DbError`]: the message was not taken.
    pub async fn enqueue(&self, message: NewMessage) -> Result<(), DbError> {
        self.db.enqueue_message(&message).await?;
        self.wake();
        Ok(())
    }

    /// Tells the worker in this process that there is something to send.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Waits for [`Outbox::wake`]; one that came before is not lost.
    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// How a message fares; `None` where there is no such message.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn status(&self, id: MessageId) -> Result<Option<MessageState>, DbError> {
        let Some(row) = self.db.message_progress(id).await? else {
            return Ok(None);
        };
        let known = Channel::from_name(&row.channel).zip(Status::from_name(&row.status));
        let (channel, status) = known.ok_or_else(|| DbError::Fault("a message of unknown state".into()))?;
        Ok(Some(MessageState { channel, status, updated_at: row.updated_at.0 }))
    }

    /// Opens a row.
    pub(super) fn open(&self, row: &DueMessage) -> Result<Opened, Unreadable> {
        let open = |column, sealed| self.sealer.open(&place(column, row.id), sealed);
        let payload = open("payload", &row.payload)?;
        let destination = open("destination", &row.destination)?;
        let text = std::str::from_utf8(&destination).map_err(|_| Unreadable::Unknown)?;
        Ok(Opened {
            channel: Channel::from_name(&row.channel).ok_or(Unreadable::Unknown)?,
            language: Language::from_tag(&row.language).unwrap_or_default(),
            destination: Zeroizing::new(text.to_owned()),
            content: Content::from_bytes(&payload).ok_or(Unreadable::Unknown)?,
        })
    }
}

/// Table, column and row: a sealed value opens nowhere else.
fn place(column: &str, id: MessageId) -> String {
    format!("messages.{column}.{id}")
}
