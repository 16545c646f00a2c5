//! Events that several gateways publish, and their deliveries, as SQLite claims them.

/// Webhooks.
pub mod webhooks {
    use diesel::prelude::*;
    use diesel_async::RunQueryDsl;

    use crate::core::clock::Instant;
    use crate::db::error::DbError;
    use crate::db::models::AuditEvent;
    use crate::db::schema::{audit_events, webhook_deliveries};
    use crate::db::sqlite::Conn;
    use crate::db::types::{Ts, Uid, WebhookStatus};
    use crate::db::webhooks::WebhookDelivery;

    /// Returns events without deliveries, oldest first. The transaction of the caller lets nobody else write.
    pub async fn unpublished(conn: &mut Conn, limit: i64) -> Result<Vec<AuditEvent>, DbError> {
        let rows = audit_events::table
            .filter(audit_events::publication.is_not_null())
            .order(audit_events::at.asc())
            .limit(limit)
            .select(AuditEvent::as_select());
        Ok(rows.load(conn).await?)
    }

    pub async fn claim_webhooks(
        conn: &mut Conn,
        endpoint: &str,
        now: Instant,
        lease: Uid,
        leased_until: Instant,
        limit: i64,
    ) -> Result<Vec<WebhookDelivery>, DbError> {
        let endpoint = endpoint.to_owned();
        write_tx!(conn, async |conn: &mut Conn| {
            let free =
                webhook_deliveries::leased_until.is_null().or(webhook_deliveries::leased_until.le(Ts(now)));
            let due = webhook_deliveries::table
                .filter(webhook_deliveries::status.eq(WebhookStatus::Queued))
                .filter(webhook_deliveries::endpoint.eq(endpoint.clone()))
                .filter(webhook_deliveries::next_attempt_at.le(Ts(now)))
                .filter(free)
                .order(webhook_deliveries::next_attempt_at.asc())
                .limit(limit)
                .select(webhook_deliveries::id);
            let due: Vec<Uid> = due.load(conn).await?;
            let mut claimed = Vec::with_capacity(due.len());
            for id in due {
                let row = diesel::update(webhook_deliveries::table.filter(webhook_deliveries::id.eq(id)))
                    .set((
                        webhook_deliveries::lease.eq(Some(lease)),
                        webhook_deliveries::leased_until.eq(Some(Ts(leased_until))),
                        webhook_deliveries::attempts.eq(webhook_deliveries::attempts + 1),
                    ))
                    .returning(WebhookDelivery::as_returning());
                claimed.push(row.get_result(conn).await?);
            }
            Ok(claimed)
        })
    }
}
