//! Many rows at once, as SQLite takes them.

/// Accounts from another system.
pub mod users {
    use diesel::RunQueryDsl;

    use crate::db::error::DbError;
    use crate::db::models::{AuditEvent, NewUser};
    use crate::db::schema::{audit_events, users};
    use crate::db::sqlite::Conn;

    /// One by one in one transaction: rows with nullable fields cannot be written together through diesel-async. All
    /// of it on one blocking thread: a change of threads for each row would take longer than the row.
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
