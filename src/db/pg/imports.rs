//! Bulk inserts for PostgreSQL.

/// Accounts from another system.
pub mod users {
    use diesel_async::RunQueryDsl;

    use crate::db::error::DbError;
    use crate::db::models::{AuditEvent, NewUser};
    use crate::db::pg::connection::Conn;
    use crate::db::schema::{audit_events, users};

    /// One statement per table: a round trip per row would take most of the time. A statement has at most 65 535 values; an
    /// account has 15.
    pub async fn import_users(
        conn: &mut Conn,
        users: &[NewUser],
        events: &[AuditEvent],
    ) -> Result<(), DbError> {
        write_tx!(conn, async |conn: &mut Conn| {
            diesel::insert_into(users::table).values(users.to_vec()).execute(conn).await?;
            diesel::insert_into(audit_events::table).values(events.to_vec()).execute(conn).await?;
            Ok(())
        })
    }
}
