//! The worker claims messages with a lease, sends them and records the results.
//!
//! A crash between any two steps loses no message: the lease expires and another worker claims the message. A message can
//! be sent twice if the crash happens after the carrier accepted it and before the result is recorded.

mod breaker;
mod failover;
mod tried;

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use failover::{Failover, Mark, Outcome};
use tried::Tried;

use super::backoff;
use super::email::{self, Email};
use super::outbox::{Opened, Outbox, Unreadable};
use super::render::Renderer;
use super::send::{Receipt, SendError};
use super::sms::{self, Sms};
use crate::config::delivery::WorkerSettings;
use crate::core::clock::Instant;
use crate::core::ids::MessageId;
use crate::core::secret::OpenError;
use crate::db::Db;
use crate::db::WriteError;
use crate::db::models::{DueMessage, MessageEnd, MessageRetry};
use crate::db::types::{Channel, MessageStatus, Uid};
use crate::outcome::Refusal;

/// How often an idle worker polls for messages of other gateways and for messages that are due for a retry.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// The longest delay between two polls while the database is unavailable.
const MAX_OUTAGE_INTERVAL: Duration = Duration::from_secs(15);
/// How long messages in progress may take when the gateway stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a result is written until the database accepts it. The delays start at 0.1 s and double: about 13 s in all.
const WRITE_ATTEMPTS: u32 = 8;

/// Sends the messages of the outbox. Each gateway runs one worker; any number of gateways can share an outbox.
pub struct Worker(Arc<Inner>);

struct Inner {
    outbox: Outbox,
    failover: Failover,
    email: Email,
    renderer: Renderer,
    settings: WorkerSettings,
}

/// The result of one attempt.
enum Attempt {
    Sent(Receipt, Tried),
    Expired,
    Failed(SendError),
    /// An SMS was not accepted. `uncertain`: the carrier that was tried last may have it.
    NotAccepted {
        error: SendError,
        uncertain: bool,
        tried: Tried,
    },
    /// The lease expired before the message was sent. Another worker may have claimed the message.
    LeaseExpired,
}

/// The change of the row after an attempt.
enum Update {
    /// The message has a final status.
    Finish(MessageEnd),
    /// The message is retried later. The time of the retry is set when the update is written.
    Retry { error: String, uncertain: bool, tried: Option<String> },
}

/// The lease under which a worker claimed messages.
#[derive(Clone, Copy)]
struct Claim {
    lease: Uid,
    until: Instant,
}

impl Worker {
    /// `sms` is `None` where no carrier is configured. SMS messages then wait until they expire.
    #[must_use]
    pub fn new(outbox: &Outbox, sms: Option<Sms>, email: Email, settings: WorkerSettings) -> Self {
        Self(Arc::new(Inner {
            failover: Failover::new(sms, outbox.clock.clone()),
            outbox: outbox.clone(),
            email,
            renderer: Renderer::new(&settings.product_name),
            settings,
        }))
    }

    /// Sends messages until `cancel`, then claims no more, waits a few seconds for messages in progress, and returns.
    pub async fn run_until(self, cancel: CancellationToken) {
        let inner = self.0;
        let mut tasks = JoinSet::new();
        let mut failures = 0_u32;
        while !cancel.is_cancelled() {
            while let Some(done) = tasks.try_join_next() {
                report(done);
            }
            let free = inner.settings.concurrency.max(1).saturating_sub(tasks.len());
            let mut delay = POLL_INTERVAL;
            let mut busy = free == 0;
            if free > 0 {
                // Not cancelled: messages of an abandoned claim could not be sent until its lease expires.
                match inner.claim(free).await {
                    Ok((claim, rows)) => {
                        if failures > 0 {
                            tracing::info!("outbox available again");
                        }
                        failures = 0;
                        busy = rows.len() >= free;
                        for row in rows {
                            tasks.spawn(Arc::clone(&inner).deliver(row, claim));
                        }
                    }
                    Err(error) => {
                        if failures == 0 {
                            tracing::error!(%error, "outbox unavailable; retrying until the database responds");
                        }
                        failures = failures.saturating_add(1);
                        delay = MAX_OUTAGE_INTERVAL.min(POLL_INTERVAL * (1 << failures.min(4)) / 2);
                    }
                }
            }
            tokio::select! {
                () = cancel.cancelled() => {}
                () = tokio::time::sleep(delay) => {}
                // New messages do not matter while the database is unavailable or all tasks are in use.
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
    if tokio::time::timeout(DRAIN_TIMEOUT, all).await.is_err() {
        tracing::warn!(
            messages = tasks.len(),
            "stopped while messages were being sent; they will be retried"
        );
    }
}

fn report(done: Result<(), tokio::task::JoinError>) {
    if let Err(error) = done {
        tracing::error!(panicked = error.is_panic(), "delivery task failed; its message will be retried");
    }
}

impl Inner {
    async fn claim(&self, limit: usize) -> Result<(Claim, Vec<DueMessage>), Refusal> {
        let Outbox { db, clock, random, .. } = &self.outbox;
        let now = clock.now();
        let claim =
            Claim { lease: Uid(Uuid::from_bytes(random.bytes())), until: add(now, self.settings.lease) };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = db.claim_due(now, claim.lease, claim.until, limit).await?;
        Ok((claim, rows))
    }

    /// Makes one attempt to send a message. The span has the highest level, so that warnings contain its fields whatever
    /// the log filter is.
    #[tracing::instrument(
        name = "deliver_message",
        level = "error",
        skip_all,
        fields(id = %row.id, channel = %row.channel, attempt = row.attempts)
    )]
    async fn deliver(self: Arc<Self>, row: DueMessage, claim: Claim) {
        let attempt = self.attempt(&row, claim).await;
        self.record(&row, claim, attempt).await;
    }

    async fn attempt(&self, row: &DueMessage, claim: Claim) -> Attempt {
        if self.outbox.clock.now() >= row.expires_at.0 {
            return Attempt::Expired;
        }
        if row.attempts > self.max_attempts() {
            return Attempt::Failed(SendError::Permanent("no attempt was completed".into()));
        }
        let opened = match self.outbox.open(row) {
            Ok(opened) => opened,
            // Another gateway may have the key, or a newer version that supports the kind.
            Err(error @ (Unreadable::Sealed(OpenError::OtherKey) | Unreadable::UnknownKind)) => {
                return Attempt::Failed(SendError::Temporary(error.to_string()));
            }
            Err(error @ Unreadable::Sealed(OpenError::Damaged)) => {
                return Attempt::Failed(SendError::Permanent(error.to_string()));
            }
        };
        match tokio::time::timeout(self.settings.send_timeout, self.send(row, claim, &opened)).await {
            Ok(attempt) => attempt,
            Err(_) => Attempt::Failed(SendError::Temporary("the attempt timed out".into())),
        }
    }

    async fn send(&self, row: &DueMessage, claim: Claim, opened: &Opened) -> Attempt {
        let Opened { language, content, .. } = opened;
        let to = opened.destination.as_str();
        let sent = match opened.channel {
            Channel::Sms => {
                let text = self.renderer.sms(content, *language);
                let message = sms::Outgoing { id: row.id, to, content, language: *language, text: &text };
                if let Some(missed) = self.missed_deadline(row, claim) {
                    return missed;
                }
                let mark = RowMark { db: &self.outbox.db, id: row.id, lease: claim.lease };
                return match self.failover.send(row, &message, &mark).await {
                    None => Attempt::LeaseExpired,
                    Some(Outcome { result: Ok(receipt), tried, .. }) => Attempt::Sent(receipt, tried),
                    Some(Outcome { result: Err(error), uncertain, tried }) => {
                        Attempt::NotAccepted { error, uncertain, tried }
                    }
                };
            }
            Channel::Email => {
                let mail = self.renderer.mail(content, *language);
                let message = email::Outgoing { id: row.id, to, content, mail: &mail };
                if let Some(missed) = self.missed_deadline(row, claim) {
                    return missed;
                }
                self.email.send(&message).await
            }
        };
        sent.map_or_else(Attempt::Failed, |receipt| Attempt::Sent(receipt, Tried::default()))
    }

    /// Checks the deadlines immediately before the message is sent.
    fn missed_deadline(&self, row: &DueMessage, claim: Claim) -> Option<Attempt> {
        let now = self.outbox.clock.now();
        if now >= row.expires_at.0 {
            Some(Attempt::Expired)
        } else if now >= claim.until {
            Some(Attempt::LeaseExpired)
        } else {
            None
        }
    }

    fn max_attempts(&self) -> i32 {
        i32::try_from(self.settings.max_attempts).unwrap_or(i32::MAX)
    }

    /// Logs the result of an attempt and writes it to the row while the lease is active.
    async fn record(&self, row: &DueMessage, claim: Claim, attempt: Attempt) {
        let update = match attempt {
            Attempt::LeaseExpired => {
                tracing::warn!("lease expired before the message was sent");
                return;
            }
            Attempt::Sent(receipt, tried) => {
                tracing::info!(provider = receipt.provider, "message sent");
                finish(MessageStatus::Sent, Some(receipt), None, &tried)
            }
            Attempt::Expired => {
                tracing::warn!("message expired before it could be sent");
                finish(MessageStatus::Expired, None, None, &Tried::default())
            }
            // A message that was handed to a carrier when the time ran out keeps its mark.
            Attempt::Failed(error) => self.not_sent(row, &error, true, &Tried::default()),
            Attempt::NotAccepted { error, uncertain, tried } => self.not_sent(row, &error, uncertain, &tried),
        };
        self.write_until_accepted(row, claim, &update).await;
    }

    /// Decides whether a message that was not sent is retried.
    fn not_sent(&self, row: &DueMessage, error: &SendError, uncertain: bool, tried: &Tried) -> Update {
        let retried = match error {
            SendError::Permanent(_) | SendError::NumberLimited(_) => false,
            SendError::Temporary(_)
            | SendError::Throttled { .. }
            | SendError::Misconfigured(_)
            | SendError::Unknown(_) => row.attempts < self.max_attempts(),
        };
        if retried {
            tracing::warn!(%error, "message not sent; retrying later");
            Update::Retry { error: error.to_string(), uncertain, tried: tried.to_column() }
        } else {
            tracing::error!(%error, "message failed");
            finish(MessageStatus::Failed, None, Some(error.to_string()), tried)
        }
    }

    /// Writes the update, and retries while the database is unavailable. If the result is lost, the message is sent twice.
    async fn write_until_accepted(&self, row: &DueMessage, claim: Claim, update: &Update) {
        for attempt in 0..WRITE_ATTEMPTS {
            match self.write(row, claim, update).await {
                Ok(()) => return,
                Err(WriteError::Stale(_)) => {
                    tracing::warn!(
                        "result not recorded: the lease expired and another worker has the message"
                    );
                    return;
                }
                Err(error) if attempt + 1 == WRITE_ATTEMPTS || self.outbox.clock.now() >= claim.until => {
                    tracing::error!(%error, "result not recorded; the message will be sent again");
                    return;
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(100 << attempt)).await,
            }
        }
    }

    async fn write(&self, row: &DueMessage, claim: Claim, update: &Update) -> Result<(), WriteError> {
        let Outbox { db, clock, random, .. } = &self.outbox;
        let now = clock.now();
        match update {
            Update::Finish(end) => db.finish_message(row.id, claim.lease, end, now).await,
            Update::Retry { error, uncertain, tried } => {
                // Not later than the expiry, so that the message becomes `Expired` as soon as it expires.
                let at = (now + backoff::delay(row.attempts, random)).min(row.expires_at.0.max(now));
                let retry =
                    MessageRetry { at, error: error.clone(), uncertain: *uncertain, tried: tried.clone() };
                db.retry_message(row.id, claim.lease, &retry, now).await
            }
        }
    }
}

fn finish(
    status: MessageStatus,
    receipt: Option<Receipt>,
    last_error: Option<String>,
    tried: &Tried,
) -> Update {
    let (provider, provider_ref) =
        receipt.map_or((None, None), |receipt| (Some(receipt.provider), receipt.reference));
    Update::Finish(MessageEnd { status, provider, provider_ref, last_error, tried: tried.to_column() })
}

/// Marks the row of a message.
struct RowMark<'a> {
    db: &'a Db,
    id: MessageId,
    lease: Uid,
}

impl Mark for RowMark<'_> {
    async fn mark(&self, carrier: &'static str, at: Instant, tried: &Tried) -> bool {
        match self.db.mark_sending(self.id, self.lease, carrier, tried.to_column(), at).await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%error, "message not sent: it could not be marked with its carrier");
                false
            }
        }
    }
}

fn add(now: Instant, by: Duration) -> Instant {
    now + TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX)
}

#[cfg(test)]
mod tests;
