//! Sign-ins.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, DbError};
use crate::core::ids::{SessionId, UserId};
use crate::db::models::{AuditEvent, Session};
use crate::db::schema::sessions;
use crate::db::types::Uid;

pub(super) async fn insert(conn: &mut Conn, session: &Session) -> Result<(), DbError> {
    diesel::insert_into(sessions::table)
        .values(session.clone())
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn open_session(conn: &mut Conn, session: &Session, event: &AuditEvent) -> Result<(), DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        insert(conn, session).await?;
        super::audit::record(conn, event).await
    })
}

pub async fn find_session(conn: &mut Conn, id: SessionId) -> Result<Option<Session>, DbError> {
    let query = sessions::table
        .filter(sessions::id.eq(Uid::from(id)))
        .select(Session::as_select());
    Ok(query.first(conn).await.optional()?)
}

pub async fn device_is_known(conn: &mut Conn, user: UserId, device: &[u8]) -> Result<bool, DbError> {
    let query = sessions::table
        .filter(
            sessions::user_id
                .eq(Uid::from(user))
                .and(sessions::device_digest.eq(device)),
        )
        .select(sessions::id);
    Ok(query.first::<Uid>(conn).await.optional()?.is_some())
}
