//! Once an hour, forgets rows that have had their time. Any number of gateways may do it at once.

use std::time::Duration;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use super::Db;
use crate::config::retention::RetentionSettings;
use crate::core::clock::{Clock, Instant};
use crate::outcome::Refusal;

const PERIOD: Duration = Duration::from_secs(3_600);

/// Forgets what is old, now and every hour, until `stopping`.
pub async fn run(
    db: Db,
    clock: Clock,
    settings: RetentionSettings,
    erased_endpoints: Vec<String>,
    stopping: CancellationToken,
) {
    loop {
        if let Err(error) = forget(&db, &clock, settings, &erased_endpoints).await {
            tracing::warn!(%error, "old rows could not be forgotten; tried again in an hour");
        }
        tokio::select! {
            () = stopping.cancelled() => return,
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
}

/// Forgets what is old. `erased_endpoints` are the webhook endpoints that are told which accounts were deleted.
///
/// # Errors
/// [`Refusal`]; what was forgotten before it stays forgotten.
pub async fn forget(
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
    let audit = db.forget_audit(before(settings.audit)).await?;
    let messages = db.forget_messages(before(settings.messages)).await?;
    let sessions = db.forget_sessions(before(settings.sessions)).await?;
    let webhooks = db.delete_webhooks(before(settings.messages)).await?;
    let links = db.forget_reset_links(before(Duration::ZERO)).await?;
    if audit + messages + sessions + webhooks + links > 0 {
        tracing::info!(audit, messages, sessions, webhooks, links, "old rows forgotten");
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
        tracing::info!(accounts, "deleted accounts erased");
    }
    Ok(())
}
