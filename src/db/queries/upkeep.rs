//! The health check, and the deletion of old rows.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, DbError};
use crate::core::clock::Instant;
use crate::db::schema::{audit_events, messages, sessions};
use crate::db::types::Ts;

pub async fn ping(conn: &mut Conn) -> Result<(), DbError> {
    diesel::select(1_i32.into_sql::<diesel::sql_types::Integer>()).execute(conn).await?;
    Ok(())
}

pub async fn purge_audit(conn: &mut Conn, before: Instant) -> Result<usize, DbError> {
    let rows = audit_events::table.filter(audit_events::at.lt(Ts(before)));
    Ok(diesel::delete(rows).execute(conn).await?)
}

pub async fn purge_messages(conn: &mut Conn, before: Instant) -> Result<usize, DbError> {
    let old = messages::created_at.lt(Ts(before));
    let rows = messages::table.filter(old.and(messages::expires_at.lt(Ts(before))));
    Ok(diesel::delete(rows).execute(conn).await?)
}

pub async fn purge_sessions(conn: &mut Conn, before: Instant) -> Result<usize, DbError> {
    let rows = sessions::table.filter(sessions::expires_at.lt(Ts(before)));
    Ok(diesel::delete(rows).execute(conn).await?)
}
