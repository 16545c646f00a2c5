//! The hourly upkeep deletes rows whose retention time is over. Any number of gateways can run it at the same time.

use std::time::Duration;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use super::Db;
use crate::config::retention::RetentionSettings;
use crate::core::clock::{Clock, Instant};
use crate::outcome::Refusal;

/// Budgets look back one day at most.
const SMS_COUNTERS: Duration = Duration::from_secs(7 * 86_400);
const PERIOD: Duration = Duration::from_secs(3_600);

/// Purges old rows now and every hour, until `stopping`.
pub async fn run_until(
    db: Db,
    clock: Clock,
    settings: RetentionSettings,
    erased_endpoints: Vec<String>,
    stopping: CancellationToken,
) {
    loop {
        if let Err(error) = purge(&db, &clock, settings, &erased_endpoints).await {
            tracing::warn!(%error, "old rows could not be deleted; the upkeep tries again in an hour");
        }
        tokio::select! {
            () = stopping.cancelled() => return,
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
}

/// Deletes rows whose retention time is over, and the data of accounts that are due. After an error, what was deleted before
/// stays deleted. `erased_endpoints` are the webhook endpoints that are told which accounts were deleted.
pub async fn purge(
    db: &Db,
    clock: &Clock,
    settings: RetentionSettings,
    erased_endpoints: &[String],
) -> Result<(), Refusal> {
    let before = |length: Duration| -> Instant {
        TimeDelta::from_std(length)
            .ok()
            .and_then(|length| clock.now().checked_sub_signed(length))
            .unwrap_or(Instant::UNIX_EPOCH)
    };
    let audit = db.purge_audit(before(settings.audit)).await?;
    let messages = db.purge_messages(before(settings.messages)).await?;
    let sessions = db.purge_sessions(before(settings.sessions)).await?;
    let webhooks = db.delete_webhooks(before(settings.messages)).await?;
    db.purge_sms_counters(before(settings.messages.max(SMS_COUNTERS))).await?;
    let links = db.purge_reset_links(before(Duration::ZERO)).await?;
    if audit + messages + sessions + webhooks + links > 0 {
        tracing::info!(audit, messages, sessions, webhooks, links, "old rows deleted");
    }
    let mut accounts = 0;
    loop {
        let erased = db.erase_due(clock.now(), erased_endpoints).await?;
        accounts += erased;
        if erased == 0 {
            break;
        }
    }
    if accounts > 0 {
        tracing::info!(accounts, "data of deleted accounts deleted");
    }
    Ok(())
}
