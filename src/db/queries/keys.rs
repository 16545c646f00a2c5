//! The keys that sign access tokens.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, DbError};
use crate::db::models::SigningKey;
use crate::db::schema::signing_keys;

pub async fn signing_keys(conn: &mut Conn) -> Result<Vec<SigningKey>, DbError> {
    let query = signing_keys::table
        .order(signing_keys::created_at.asc())
        .select(SigningKey::as_select());
    Ok(query.load(conn).await?)
}

pub async fn ensure_active_key(conn: &mut Conn, key: &SigningKey) -> Result<SigningKey, DbError> {
    // At most one row can be active (a unique index), so of gateways that start together one wins.
    diesel::insert_into(signing_keys::table)
        .values(key.clone())
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    let active = signing_keys::table
        .filter(signing_keys::state.eq("active"))
        .select(SigningKey::as_select());
    Ok(active.first(conn).await?)
}
