//! Deliveries of webhooks.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, DbError, WriteError, events};
use crate::core::clock::Instant;
use crate::db::changes::Stale;
use crate::db::models::AuditEvent;
use crate::db::schema::{audit_events, webhook_deliveries};
use crate::db::types::{Ts, Uid, WebhookStatus};
use crate::db::webhooks::{BuildDeliveries, WebhookDelivery, WebhookFilter, WebhookResult};

pub async fn publish_events(
    conn: &mut Conn,
    build: BuildDeliveries<'_>,
    limit: i64,
) -> Result<usize, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        let found: Vec<AuditEvent> = events::webhooks::unpublished(conn, limit).await?;
        for event in &found {
            for delivery in build(event) {
                diesel::insert_into(webhook_deliveries::table).values(delivery).execute(conn).await?;
            }
            let row = audit_events::table.filter(audit_events::id.eq(event.id));
            diesel::update(row).set(audit_events::publication.eq(None::<String>)).execute(conn).await?;
        }
        Ok(found.len())
    })
}

pub async fn finish_webhook(
    conn: &mut Conn,
    id: Uid,
    lease: Uid,
    result: &WebhookResult,
    now: Instant,
) -> Result<(), WriteError> {
    let claimed = webhook_deliveries::table
        .filter(webhook_deliveries::id.eq(id))
        .filter(webhook_deliveries::lease.eq(lease))
        .filter(webhook_deliveries::status.eq(WebhookStatus::Queued));
    let changed = diesel::update(claimed)
        .set((
            webhook_deliveries::status.eq(result.status),
            webhook_deliveries::next_attempt_at.eq(result.next_attempt_at),
            webhook_deliveries::lease.eq(None::<Uid>),
            webhook_deliveries::leased_until.eq(None::<Ts>),
            webhook_deliveries::last_error.eq(result.last_error.clone()),
            webhook_deliveries::updated_at.eq(Ts(now)),
        ))
        .execute(conn)
        .await?;
    if changed == 1 { Ok(()) } else { Err(WriteError::Stale(Stale::Row)) }
}

pub async fn list_webhooks(conn: &mut Conn, filter: &WebhookFilter) -> Result<Vec<WebhookDelivery>, DbError> {
    let mut query = webhook_deliveries::table.select(WebhookDelivery::as_select()).into_boxed();
    if let Some(endpoint) = &filter.endpoint {
        query = query.filter(webhook_deliveries::endpoint.eq(endpoint.clone()));
    }
    if let Some(status) = filter.status {
        query = query.filter(webhook_deliveries::status.eq(status));
    }
    if let Some(since) = filter.since {
        query = query.filter(webhook_deliveries::created_at.ge(since));
    }
    if let Some(event) = filter.event_id {
        query = query.filter(webhook_deliveries::event_id.eq(event));
    }
    let order = (webhook_deliveries::created_at.desc(), webhook_deliveries::id.desc());
    Ok(query.order(order).limit(filter.limit).load(conn).await?)
}

pub async fn replay_webhook(conn: &mut Conn, id: Uid, now: Instant) -> Result<bool, DbError> {
    let ended = webhook_deliveries::table
        .filter(webhook_deliveries::id.eq(id))
        .filter(webhook_deliveries::lease.is_null());
    let changed = diesel::update(ended)
        .set((
            webhook_deliveries::status.eq(WebhookStatus::Queued),
            webhook_deliveries::attempts.eq(0),
            webhook_deliveries::next_attempt_at.eq(Ts(now)),
            webhook_deliveries::last_error.eq(None::<String>),
            webhook_deliveries::updated_at.eq(Ts(now)),
        ))
        .execute(conn)
        .await?;
    Ok(changed == 1)
}

pub async fn delete_webhooks(conn: &mut Conn, before: Instant) -> Result<usize, DbError> {
    let old = webhook_deliveries::table
        .filter(webhook_deliveries::created_at.lt(Ts(before)))
        .filter(webhook_deliveries::next_attempt_at.lt(Ts(before)));
    Ok(diesel::delete(old).execute(conn).await?)
}
