//! One delivery: building it, claiming it, sending it, and recording the result.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::Value;
use uuid::Uuid;

use super::body::body;
use super::client::{Attempt, WebhookClient};
use super::schedule;
use crate::audit::event_type;
use crate::config::webhooks::WebhookEndpoint;
use crate::core::clock::{Clock, Instant};
use crate::core::random::Random;
use crate::db::models::AuditEvent;
use crate::db::types::{Uid, WebhookStatus};
use crate::db::webhooks::{Publication, WebhookDelivery, WebhookResult};
use crate::db::{Db, WriteError};
use crate::outcome::Refusal;

/// How much longer than one attempt a claim lasts, so that the result can be written.
const MARGIN: Duration = Duration::from_secs(30);
/// How often a result is written until the database accepts it. The delays start at 0.1 s and double.
const WRITE_ATTEMPTS: u32 = 6;

/// Builds the deliveries of an event, one per endpoint of its publication.
pub(super) fn deliveries(event: &AuditEvent, now: Instant, random: &Random) -> Vec<WebhookDelivery> {
    let (Some(publication), Some(event_type)) = (Publication::of(event), event_type(event.kind)) else {
        return Vec::new();
    };
    let body = body(event_type, event.at.0, &data(event, &publication));
    let delivery = |endpoint: String| WebhookDelivery {
        id: Uid(uuid::Builder::from_random_bytes(random.bytes()).into_uuid()),
        event_id: event.id,
        endpoint,
        event_type: event_type.to_owned(),
        body: body.clone(),
        status: WebhookStatus::Queued,
        attempts: 0,
        next_attempt_at: now.into(),
        last_error: None,
        created_at: now.into(),
        updated_at: now.into(),
    };
    publication.endpoints.into_iter().map(delivery).collect()
}

/// Returns the data of an event: the user, the session, and the detail of the audit entry without the id of the request.
fn data(event: &AuditEvent, publication: &Publication) -> Value {
    let mut data = match serde_json::from_str(&event.detail) {
        Ok(Value::Object(detail)) => detail,
        Ok(_) | Err(_) => serde_json::Map::new(),
    };
    data.remove("request");
    let user = event.user_id.map(|id| id.0).or(publication.user_id);
    if let Some(user) = user {
        data.insert("user_id".into(), user.to_string().into());
    }
    if let Some(session) = event.session_id {
        data.insert("session_id".into(), session.0.to_string().into());
    }
    Value::Object(data)
}

/// The lease under which deliveries were claimed.
#[derive(Clone, Copy)]
pub(super) struct Claim {
    lease: Uid,
    until: Instant,
}

/// What deliveries are built, sent and recorded with.
pub(super) struct Deliveries {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) random: Random,
    pub(super) client: WebhookClient,
    pub(super) timeout: Duration,
}

impl Deliveries {
    /// Builds the deliveries of up to `limit` new events. Returns the number of events.
    pub(super) async fn publish(&self, limit: i64) -> Result<i64, Refusal> {
        let now = self.clock.now();
        let build = |event: &_| deliveries(event, now, &self.random);
        Ok(i64::try_from(self.db.publish_events(&build, limit).await?).unwrap_or(limit))
    }

    /// Claims deliveries to an endpoint that are due.
    pub(super) async fn claim(
        &self,
        endpoint: &str,
        limit: usize,
    ) -> Result<(Claim, Vec<WebhookDelivery>), Refusal> {
        let now = self.clock.now();
        let length = TimeDelta::from_std(self.timeout + MARGIN).unwrap_or(TimeDelta::MAX);
        let claim = Claim { lease: Uid(Uuid::from_bytes(self.random.bytes())), until: now + length };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.db.claim_webhooks(endpoint, now, claim.lease, claim.until, limit).await?;
        Ok((claim, rows))
    }

    /// Makes one attempt and records its result.
    #[tracing::instrument(
    name = "deliver_webhook",
    level = "error",
    skip_all,
    fields(event = %delivery.event_id.0, kind = delivery.event_type, endpoint = endpoint.name, attempt = delivery.attempts)
)]
    pub(super) async fn deliver(&self, endpoint: &WebhookEndpoint, delivery: WebhookDelivery, claim: Claim) {
        if self.clock.now() >= claim.until {
            tracing::warn!("lease expired before the webhook was sent");
            return;
        }
        let id = format!("evt_{}", delivery.event_id.0);
        let attempt = self.client.send(endpoint, &id, &delivery.body).await;
        let result = self.result(&delivery, attempt);
        for round in 0..WRITE_ATTEMPTS {
            match self.db.finish_webhook(delivery.id, claim.lease, &result, self.clock.now()).await {
                Ok(()) => return,
                Err(WriteError::Stale(_)) => {
                    tracing::warn!(
                        "result not recorded: the lease expired and another gateway has the webhook"
                    );
                    return;
                }
                Err(error) if round + 1 == WRITE_ATTEMPTS => {
                    tracing::error!(%error, "result not recorded; the webhook will be sent again");
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(100 << round)).await,
            }
        }
    }

    /// Logs an attempt and returns what is written to the row.
    fn result(&self, delivery: &WebhookDelivery, attempt: Attempt) -> WebhookResult {
        let now = self.clock.now();
        let ended = |status, last_error| WebhookResult { status, next_attempt_at: now.into(), last_error };
        match attempt {
            Attempt::Delivered { status } => {
                tracing::debug!(status, "webhook delivered");
                ended(WebhookStatus::Delivered, None)
            }
            Attempt::Gone => {
                tracing::error!(
                    "webhook endpoint does not exist any more; remove it from webhooks.endpoints"
                );
                ended(WebhookStatus::Failed, Some("status 410".into()))
            }
            Attempt::Failed { reason, retry_after, .. } => {
                let delay = schedule::delay(delivery.attempts, retry_after, &self.random);
                let Some(delay) = delay else {
                    tracing::error!(reason, "webhook failed; `menjin webhooks replay` sends it again");
                    return ended(WebhookStatus::Failed, Some(reason));
                };
                tracing::warn!(reason, "webhook not delivered; retrying later");
                let next_attempt_at = (now + delay).into();
                WebhookResult { status: WebhookStatus::Queued, next_attempt_at, last_error: Some(reason) }
            }
        }
    }
}
