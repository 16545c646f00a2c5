//! The worker: takes messages by lease, sends them, and writes down what came of it.
//!
//! A crash between any two steps loses nothing: the lease runs out and another worker takes the message. The price is
//! that a message can go out twice, when the crash falls between the carrier's answer and our note of it.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::backoff;
use super::content::{Channel, Status};
use super::email::{self, Email};
use super::outbox::{Opened, Outbox, Unreadable};
use super::render::Renderer;
use super::send::{Receipt, SendError};
use super::sms::{self, Sms};
use crate::config::delivery::WorkerSettings;
use crate::core::clock::Instant;
use crate::core::secret::OpenError;
use crate::db::DbError;
use crate::db::models::{DueMessage, MessageEnd};
use crate::db::types::Uid;

/// How often an idle worker looks for messages of other gateways, and for those whose pause is over.
const POLL: Duration = Duration::from_secs(1);
/// The longest pause between two tries while the store is down.
const OUTAGE_POLL: Duration = Duration::from_secs(15);
/// What is under way when the gateway stops gets this long.
const DRAIN: Duration = Duration::from_secs(5);
/// An outcome that cannot be written is tried again so often: 0.1 s, 0.2 s .. about 13 s in all.
const NOTE_TRIES: u32 = 8;

/// Sends what the outbox holds. One in each gateway; any number of gateways.
pub struct Worker(Arc<Inner>);

struct Inner {
    outbox: Outbox,
    sms: Option<Sms>,
    email: Email,
    renderer: Renderer,
    settings: WorkerSettings,
}

/// What came of one attempt.
enum Outcome {
    Sent(Receipt),
    Expired,
    Refused(SendError),
    /// The lease ran out before anything was sent: the message is somebody else's now.
    Lost,
}

/// What is to be written of it.
enum Note {
    End(MessageEnd),
    /// With the reason.
    PutOff(String),
}

/// One claim of one worker.
#[derive(Clone, Copy)]
struct Claim {
    lease: Uid,
    until: Instant,
}

impl Worker {
    /// `sms` is missing where no carrier is configured: text messages then wait, and expire.
    #[must_use]
    pub fn new(outbox: &Outbox, sms: Option<Sms>, email: Email, settings: WorkerSettings) -> Self {
        Self(Arc::new(Inner {
            outbox: outbox.clone(),
            sms,
            email,
            renderer: Renderer::new(&settings.product_name),
            settings,
        }))
    }

    /// Works until `cancel`; then takes nothing new, gives what is under way a few seconds, and returns.
    pub async fn run(self, cancel: CancellationToken) {
        let inner = self.0;
        let mut tasks = JoinSet::new();
        let mut failures = 0_u32;
        while !cancel.is_cancelled() {
            while let Some(done) = tasks.try_join_next() {
                report(done);
            }
            let free = inner.settings.concurrency.max(1).saturating_sub(tasks.len());
            let mut pause = POLL;
            let mut busy = free == 0;
            if free > 0 {
                // Not interruptible: a claim that was made and then dropped would hold its messages for a whole lease.
                match inner.claim(free).await {
                    Ok((claim, rows)) => {
                        if failures > 0 {
                            tracing::info!("the outbox can be read again");
                        }
                        failures = 0;
                        busy = rows.len() >= free;
                        for row in rows {
                            tasks.spawn(Arc::clone(&inner).deliver(row, claim));
                        }
                    }
                    Err(error) => {
                        if failures == 0 {
                            tracing::error!(%error, "the outbox cannot be read; trying again until it can");
                        }
                        failures = failures.saturating_add(1);
                        pause = OUTAGE_POLL.min(POLL * (1 << failures.min(4)) / 2);
                    }
                }
            }
            tokio::select! {
                () = cancel.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
                // New messages do not help while the store is down or every hand is full.
                () = inner.outbox.woken(), if failures == 0 && !busy => {}
                Some(done) = tasks.join_next(), if busy => report(done),
            }
        }
        drain(tasks).await;
    }
}

async fn drain(mut tasks: JoinSet<()>) {
    let all = async {
        while let Some(done) = tasks.join_next().await {
            report(done);
        }
    };
    if tokio::time::timeout(DRAIN, all).await.is_err() {
        tracing::warn!(messages = tasks.len(), "stopped while messages were under way; they are sent again");
    }
}

fn report(done: Result<(), tokio::task::JoinError>) {
    if let Err(error) = done {
        tracing::error!(panicked = error.is_panic(), "a message was dropped half way; it is sent again");
    }
}

impl Inner {
    async fn claim(&self, limit: usize) -> Result<(Claim, Vec<DueMessage>), DbError> {
        let Outbox { db, clock, random, .. } = &self.outbox;
        let now = clock.now();
        let claim =
            Claim { lease: Uid(Uuid::from_bytes(random.bytes())), until: later(now, self.settings.lease) };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = db.claim_due(now, claim.lease, claim.until, limit).await?;
        Ok((claim, rows))
    }

    async fn deliver(self: Arc<Self>, row: DueMessage, claim: Claim) {
        let outcome = self.attempt(&row, claim).await;
        self.settle(&row, claim, outcome).await;
    }

    async fn attempt(&self, row: &DueMessage, claim: Claim) -> Outcome {
        if self.outbox.clock.now() >= row.expires_at.0 {
            return Outcome::Expired;
        }
        if row.attempts > self.max_attempts() {
            return Outcome::Refused(SendError::Permanent("no attempt came to an end".into()));
        }
        let opened = match self.outbox.open(row) {
            Ok(opened) => opened,
            // Another gateway may have the right key, or know the kind: a newer version, during an upgrade.
            Err(error @ (Unreadable::Sealed(OpenError::OtherKey) | Unreadable::Unknown)) => {
                return Outcome::Refused(SendError::Temporary(error.to_string()));
            }
            Err(error @ Unreadable::Sealed(OpenError::Damaged)) => {
                return Outcome::Refused(SendError::Permanent(error.to_string()));
            }
        };
        match tokio::time::timeout(self.settings.send_timeout, self.send(row, claim, &opened)).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::Refused(SendError::Temporary("no answer in time".into())),
        }
    }

    async fn send(&self, row: &DueMessage, claim: Claim, opened: &Opened) -> Outcome {
        let Opened { language, content, .. } = opened;
        let to = opened.destination.as_str();
        let sent = match opened.channel {
            Channel::Sms => {
                let Some(carrier) = &self.sms else {
                    return Outcome::Refused(SendError::Temporary("no SMS carrier is configured".into()));
                };
                let text = self.renderer.sms(content, *language);
                let message = sms::Outgoing { id: row.id, to, content, language: *language, text: &text };
                if let Some(late) = self.too_late(row, claim) {
                    return late;
                }
                carrier.send(&message).await
            }
            Channel::Email => {
                let mail = self.renderer.mail(content, *language);
                let message = email::Outgoing { id: row.id, to, content, mail: &mail };
                if let Some(late) = self.too_late(row, claim) {
                    return late;
                }
                self.email.send(&message).await
            }
        };
        sent.map_or_else(Outcome::Refused, Outcome::Sent)
    }

    /// The last look at the clock before the message leaves.
    fn too_late(&self, row: &DueMessage, claim: Claim) -> Option<Outcome> {
        let now = self.outbox.clock.now();
        if now >= row.expires_at.0 {
            Some(Outcome::Expired)
        } else if now >= claim.until {
            Some(Outcome::Lost)
        } else {
            None
        }
    }

    fn max_attempts(&self) -> i32 {
        i32::try_from(self.settings.max_attempts).unwrap_or(i32::MAX)
    }

    /// Writes the outcome down, as long as the lease is ours.
    async fn settle(&self, row: &DueMessage, claim: Claim, outcome: Outcome) {
        let (message, channel) = (row.id, row.channel.as_str());
        let note = match outcome {
            Outcome::Lost => {
                tracing::warn!(id = %message, "the lease ran out before the message was sent");
                return;
            }
            Outcome::Sent(receipt) => {
                tracing::info!(id = %message, channel, provider = receipt.provider, "message sent");
                end(Status::Sent, Some(receipt), None)
            }
            Outcome::Expired => {
                tracing::warn!(id = %message, channel, "message expired before it could be sent");
                end(Status::Expired, None, None)
            }
            Outcome::Refused(SendError::Temporary(error)) if row.attempts < self.max_attempts() => {
                tracing::warn!(id = %message, channel, attempt = row.attempts, %error, "message not sent yet");
                Note::PutOff(error)
            }
            Outcome::Refused(SendError::Temporary(error) | SendError::Permanent(error)) => {
                tracing::error!(id = %message, channel, attempt = row.attempts, %error, "message given up");
                end(Status::Failed, None, Some(error))
            }
        };
        self.note(row, claim, &note).await;
    }

    /// Writes, and writes again while the store is down: a note that is lost sends the message twice.
    async fn note(&self, row: &DueMessage, claim: Claim, note: &Note) {
        let message = row.id;
        for attempt in 0..NOTE_TRIES {
            match self.write(row, claim, note).await {
                Ok(true) => return,
                Ok(false) => {
                    tracing::warn!(id = %message, "the outcome came after the lease; another worker has the message");
                    return;
                }
                Err(error) if attempt + 1 == NOTE_TRIES || self.outbox.clock.now() >= claim.until => {
                    tracing::error!(id = %message, %error, "the outcome cannot be written; the message is tried again");
                    return;
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(100 << attempt)).await,
            }
        }
    }

    async fn write(&self, row: &DueMessage, claim: Claim, note: &Note) -> Result<bool, DbError> {
        let Outbox { db, clock, random, .. } = &self.outbox;
        let now = clock.now();
        match note {
            Note::End(end) => db.finish_message(row.id, claim.lease, end, now).await,
            Note::PutOff(error) => {
                // No later than the expiry, so that the message is told to be expired as soon as it is.
                let at = (now + backoff::pause(row.attempts, random)).min(row.expires_at.0.max(now));
                db.retry_message(row.id, claim.lease, at, error, now).await
            }
        }
    }
}

fn end(status: Status, receipt: Option<Receipt>, last_error: Option<String>) -> Note {
    let (provider, provider_ref) =
        receipt.map_or((None, None), |receipt| (Some(receipt.provider), receipt.reference));
    Note::End(MessageEnd { status: status.name(), provider, provider_ref, last_error })
}

fn later(now: Instant, by: Duration) -> Instant {
    now + TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX)
}

#[cfg(test)]
mod tests;
