//! The inbox of the development mode.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, DbError};
use crate::db::models::InboxMessage;
use crate::db::schema::inbox;
use crate::db::types::Uid;

/// The number of messages that are kept.
const KEPT: i64 = 500;

pub async fn put_into_inbox(conn: &mut Conn, message: &InboxMessage) -> Result<(), DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        diesel::insert_into(inbox::table).values(message.clone()).execute(conn).await?;
        let first_too_many = inbox::table.order(inbox::id.desc()).offset(KEPT).select(inbox::id);
        if let Some(id) = first_too_many.first::<Uid>(conn).await.optional()? {
            diesel::delete(inbox::table.filter(inbox::id.le(id))).execute(conn).await?;
        }
        Ok(())
    })
}

pub async fn newest_in_inbox(
    conn: &mut Conn,
    after: Option<Uid>,
    limit: i64,
) -> Result<Vec<InboxMessage>, DbError> {
    let mut query = inbox::table.select(InboxMessage::as_select()).into_boxed();
    if let Some(after) = after {
        query = query.filter(inbox::id.gt(after));
    }
    Ok(query.order(inbox::id.desc()).limit(limit).load(conn).await?)
}

pub async fn find_in_inbox(conn: &mut Conn, id: Uid) -> Result<Option<InboxMessage>, DbError> {
    let query = inbox::table.filter(inbox::id.eq(id)).select(InboxMessage::as_select());
    Ok(query.first(conn).await.optional()?)
}
