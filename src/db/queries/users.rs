//! Accounts.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, DbError, WriteError};
use crate::core::clock::Instant;
use crate::core::ids::UserId;
use crate::db::changes::Stale;
use crate::db::models::{AuditEvent, NewUser, Session, User};
use crate::db::schema::users;
use crate::db::types::{Ts, Uid};

pub async fn find_user(conn: &mut Conn, id: UserId) -> Result<Option<User>, DbError> {
    let query = users::table.filter(users::id.eq(Uid::from(id))).select(User::as_select());
    Ok(query.first(conn).await.optional()?)
}

pub async fn find_user_by_username(conn: &mut Conn, key: &str) -> Result<Option<User>, DbError> {
    let query = users::table.filter(users::username_key.eq(key)).select(User::as_select());
    Ok(query.first(conn).await.optional()?)
}

pub async fn find_user_by_mobile(conn: &mut Conn, mobile: &str) -> Result<Option<User>, DbError> {
    let query = users::table.filter(users::mobile.eq(mobile)).select(User::as_select());
    Ok(query.first(conn).await.optional()?)
}

pub async fn find_user_by_email(conn: &mut Conn, key: &str) -> Result<Option<User>, DbError> {
    let query = users::table.filter(users::email_key.eq(key)).select(User::as_select());
    Ok(query.first(conn).await.optional()?)
}

pub async fn nickname_exists(conn: &mut Conn, key: &str) -> Result<bool, DbError> {
    let query = users::table.filter(users::nickname_key.eq(key)).select(users::id);
    Ok(query.first::<Uid>(conn).await.optional()?.is_some())
}

pub async fn create_user(
    conn: &mut Conn,
    user: &NewUser,
    session: &Session,
    event: &AuditEvent,
) -> Result<(), DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        diesel::insert_into(users::table).values(user.clone()).execute(conn).await?;
        super::sessions::insert(conn, session).await?;
        super::audit::record(conn, event).await
    })
}

pub async fn rehash_password(
    conn: &mut Conn,
    id: UserId,
    old: &str,
    new: &str,
    now: Instant,
) -> Result<(), WriteError> {
    let row = users::table.filter(users::id.eq(Uid::from(id)).and(users::password_hash.eq(old)));
    let change = (users::password_hash.eq(new), users::updated_at.eq(Ts(now)));
    let replaced = diesel::update(row).set(change).execute(conn).await?;
    if replaced == 1 { Ok(()) } else { Err(WriteError::Stale(Stale::Credential)) }
}
