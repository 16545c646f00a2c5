//! The audit log.

use diesel_async::RunQueryDsl;

use super::{Conn, DbError};
use crate::db::models::AuditEvent;
use crate::db::schema::audit_events;

pub async fn record(conn: &mut Conn, event: &AuditEvent) -> Result<(), DbError> {
    diesel::insert_into(audit_events::table).values(event.clone()).execute(conn).await?;
    Ok(())
}
