//! Bulk inserts for SQLite.

/// Accounts from another system.
pub mod users {
    use diesel::RunQueryDsl;

    use crate::db::error::DbError;
    use crate::db::models::{AuditEvent, NewUser};
    use crate::db::schema::{audit_events, users};
    use crate::db::sqlite::Conn;

    /// Inserts the rows one by one in one transaction, since rows with nullable fields cannot be inserted together through
    /// diesel-async. All of them on one blocking thread: changing threads would take longer than inserting a row.
    pub async fn import_users(
        conn: &mut Conn,
        users: &[NewUser],
        events: &[AuditEvent],
    ) -> Result<(), DbError> {
        let (users, events) = (users.to_vec(), events.to_vec());
        conn.spawn_blocking(move |conn| {
            conn.immediate_transaction(|conn| {
                for user in users {
                    diesel::insert_into(users::table).values(user).execute(conn)?;
                }
                for event in events {
                    diesel::insert_into(audit_events::table).values(event).execute(conn)?;
                }
                Ok(())
            })
        })
        .await
        .map_err(DbError::from)
    }
}
