//! The keys that sign access tokens.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, DbError, WriteError, claims};
use crate::db::changes::Stale;
use crate::db::models::{AuditEvent, KeyChange, SigningKey};
use crate::db::schema::signing_keys;
use crate::db::types::KeyState;

pub async fn signing_keys(conn: &mut Conn) -> Result<Vec<SigningKey>, DbError> {
    let order = (signing_keys::created_at.asc(), signing_keys::kid.asc());
    Ok(signing_keys::table.order(order).select(SigningKey::as_select()).load(conn).await?)
}

pub async fn change_keys(
    conn: &mut Conn,
    seen: &[SigningKey],
    changes: &[KeyChange],
    event: Option<&AuditEvent>,
) -> Result<(), WriteError> {
    write_tx!(conn, async |conn: &mut Conn| {
        claims::keys::lock(conn).await?;
        let found = signing_keys(conn).await?;
        // Another gateway changed the keys first, and may have made the same changes.
        let same = |(a, b): (&SigningKey, &SigningKey)| {
            a.kid == b.kid
                && a.state == b.state
                && a.activates_at == b.activates_at
                && a.retires_at == b.retires_at
        };
        if found.len() != seen.len() || !found.iter().zip(seen).all(same) {
            return Err(WriteError::Stale(Stale::Row));
        }
        for change in changes {
            apply(conn, change).await?;
        }
        if let Some(event) = event {
            super::audit::record(conn, event).await?;
        }
        Ok(())
    })
}

async fn apply(conn: &mut Conn, change: &KeyChange) -> Result<(), DbError> {
    match change {
        KeyChange::Insert(key) => {
            diesel::insert_into(signing_keys::table).values(key.clone()).execute(conn).await?;
        }
        KeyChange::Activate { kid, at } => {
            diesel::update(signing_keys::table.find(kid))
                .set((signing_keys::state.eq(KeyState::Active), signing_keys::activates_at.eq(*at)))
                .execute(conn)
                .await?;
        }
        KeyChange::Retire { kid, until } => {
            diesel::update(signing_keys::table.find(kid))
                .set((signing_keys::state.eq(KeyState::Retiring), signing_keys::retires_at.eq(Some(*until))))
                .execute(conn)
                .await?;
        }
        KeyChange::Delete { kid } => {
            diesel::delete(signing_keys::table.find(kid)).execute(conn).await?;
        }
    }
    Ok(())
}
