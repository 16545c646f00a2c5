//! Events that several gateways publish, and their deliveries, as PostgreSQL claims them.

/// Webhooks.
pub mod webhooks {
    use diesel::dsl::array;
    use diesel::prelude::*;
    use diesel_async::RunQueryDsl;

    use crate::core::clock::Instant;
    use crate::db::error::DbError;
    use crate::db::models::AuditEvent;
    use crate::db::pg::connection::Conn;
    use crate::db::schema::{audit_events, webhook_deliveries};
    use crate::db::types::{DbUuid, Ts, Uid, WebhookStatus};
    use crate::db::webhooks::WebhookDelivery;

    diesel::alias!(webhook_deliveries as candidates: Candidates);

    /// Returns events without deliveries, oldest first, and locks them. Events that another gateway has locked are skipped.
    pub async fn unpublished(conn: &mut Conn, limit: i64) -> Result<Vec<AuditEvent>, DbError> {
        let rows = audit_events::table
            .filter(audit_events::publication.is_not_null())
            .order(audit_events::at.asc())
            .limit(limit)
            .select(AuditEvent::as_select())
            .for_update()
            .skip_locked();
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
        let free = candidates
            .field(webhook_deliveries::leased_until)
            .is_null()
            .or(candidates.field(webhook_deliveries::leased_until).le(Ts(now)));
        // As an array the sub-select runs once; as a join the planner might run it again for each row, past the limit.
        let due = candidates
            .filter(candidates.field(webhook_deliveries::status).eq(WebhookStatus::Queued))
            .filter(candidates.field(webhook_deliveries::endpoint).eq(endpoint))
            .filter(candidates.field(webhook_deliveries::next_attempt_at).le(Ts(now)))
            .filter(free)
            .order(candidates.field(webhook_deliveries::next_attempt_at).asc())
            .limit(limit)
            .select(candidates.field(webhook_deliveries::id))
            .for_update()
            .skip_locked();
        let claimed = diesel::update(webhook_deliveries::table)
            .filter(webhook_deliveries::id.eq_any(array::<DbUuid, _>(due)))
            .set((
                webhook_deliveries::lease.eq(Some(lease)),
                webhook_deliveries::leased_until.eq(Some(Ts(leased_until))),
                webhook_deliveries::attempts.eq(webhook_deliveries::attempts + 1),
            ))
            .returning(WebhookDelivery::as_returning());
        Ok(claimed.load(conn).await?)
    }
}
