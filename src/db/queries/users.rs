//! Accounts.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, DbError, WriteError};
use crate::core::clock::Instant;
use crate::core::contact::Contact;
use crate::core::identifier::LoginIdentifier;
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

pub async fn find_user_by_contact(conn: &mut Conn, contact: &Contact) -> Result<Option<User>, DbError> {
    let users = users::table.select(User::as_select());
    let found = match contact {
        Contact::Mobile(mobile) => users.filter(users::mobile.eq(mobile.e164())).first(conn).await,
        Contact::Email(email) => users.filter(users::email_key.eq(email.key())).first(conn).await,
    };
    Ok(found.optional()?)
}

pub async fn find_user_by_identifier(
    conn: &mut Conn,
    identifier: &LoginIdentifier,
) -> Result<Option<User>, DbError> {
    let users = users::table.select(User::as_select());
    let found = match identifier {
        LoginIdentifier::Username(key) => users.filter(users::username_key.eq(key)).first(conn).await,
        LoginIdentifier::Mobile(e164) => users.filter(users::mobile.eq(e164)).first(conn).await,
        LoginIdentifier::Email(key) => users.filter(users::email_key.eq(key)).first(conn).await,
    };
    Ok(found.optional()?)
}

pub async fn nickname_exists(conn: &mut Conn, key: &str) -> Result<bool, DbError> {
    let query = users::table.filter(users::nickname_key.eq(key)).select(users::id);
    Ok(query.first::<Uid>(conn).await.optional()?.is_some())
}

/// Inserts an account in the caller's transaction, and returns it as it can be read.
pub(super) async fn insert(conn: &mut Conn, user: &NewUser) -> Result<User, DbError> {
    let insert = diesel::insert_into(users::table).values(user.clone()).returning(User::as_returning());
    Ok(insert.get_result(conn).await?)
}

pub async fn create_user(
    conn: &mut Conn,
    user: &NewUser,
    session: &Session,
    event: &AuditEvent,
) -> Result<User, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        let user = insert(conn, user).await?;
        super::sessions::insert(conn, session).await?;
        super::audit::record(conn, event).await?;
        Ok(user)
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
