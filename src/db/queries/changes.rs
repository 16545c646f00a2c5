//! Changes of accounts, each with all that belongs to it in one transaction.
//!
//! Rows are locked in one order, the person first, then reset links, then sessions: two changes at once wait for each
//! other and never in a circle. A change of an account that may not be used, or that was changed meanwhile, is not made.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, DbError};
use crate::core::clock::Instant;
use crate::core::ids::UserId;
use crate::db::changes::{AccountChange, Ends, ProfileChange};
use crate::db::models::{AuditEvent, NewMessage, ResetLink};
use crate::db::schema::{reset_links, users};
use crate::db::types::{Ts, Uid};

/// Locks the person's row; false when the account may not be used.
async fn hold(conn: &mut Conn, change: &AccountChange<'_>) -> Result<bool, DbError> {
    let row = users::table
        .filter(users::id.eq(Uid::from(change.user)))
        .filter(users::status.eq("active"))
        .filter(users::delete_at.is_null());
    Ok(diesel::update(row).set(users::updated_at.eq(Ts(change.now))).execute(conn).await? == 1)
}

/// Ends sessions, writes the entry and the notice; tells how many sessions.
async fn finish(conn: &mut Conn, change: &AccountChange<'_>) -> Result<usize, DbError> {
    let except = match change.ends {
        Ends::Nothing => None,
        Ends::AllBut(session) => Some(Some(session)),
        Ends::All => Some(None),
    };
    let ended = match except {
        None => 0,
        Some(except) => {
            super::sessions::revoke_all(conn, change.user, except, change.reason, change.now).await?
        }
    };
    super::audit::record(conn, change.event).await?;
    if let Some(notice) = change.notice {
        super::messages::insert(conn, notice).await?;
    }
    Ok(ended)
}

/// No link that was mailed before a change of credentials is good after it.
pub(super) async fn spend_links(conn: &mut Conn, user: UserId, now: Instant) -> Result<(), DbError> {
    let open = reset_links::table
        .filter(reset_links::user_id.eq(Uid::from(user)))
        .filter(reset_links::used_at.is_null());
    diesel::update(open).set(reset_links::used_at.eq(Some(Ts(now)))).execute(conn).await?;
    Ok(())
}

async fn write_password(conn: &mut Conn, change: &AccountChange<'_>, hash: &str) -> Result<usize, DbError> {
    let row = users::table.filter(users::id.eq(Uid::from(change.user)));
    diesel::update(row).set(users::password_hash.eq(Some(hash))).execute(conn).await?;
    spend_links(conn, change.user, change.now).await?;
    finish(conn, change).await
}

pub async fn change_password(
    conn: &mut Conn,
    change: &AccountChange<'_>,
    old: Option<&str>,
    new: &str,
) -> Result<Option<usize>, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        if !hold(conn, change).await? {
            return Ok(None);
        }
        let row = users::table.filter(users::id.eq(Uid::from(change.user)));
        let stored: Option<String> = row.select(users::password_hash).first(conn).await?;
        if stored.as_deref() != old {
            return Ok(None);
        }
        write_password(conn, change, new).await.map(Some)
    })
}

pub async fn reset_password(
    conn: &mut Conn,
    change: &AccountChange<'_>,
    link: Option<&[u8]>,
    new: &str,
) -> Result<bool, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        if !hold(conn, change).await? {
            return Ok(false);
        }
        if let Some(digest) = link {
            let good = reset_links::table
                .filter(reset_links::digest.eq(digest))
                .filter(reset_links::user_id.eq(Uid::from(change.user)))
                .filter(reset_links::used_at.is_null())
                .filter(reset_links::expires_at.gt(Ts(change.now)));
            let spent = diesel::update(good).set(reset_links::used_at.eq(Some(Ts(change.now))));
            if spent.execute(conn).await? == 0 {
                return Ok(false);
            }
        }
        write_password(conn, change, new).await?;
        Ok(true)
    })
}

pub async fn change_mobile(
    conn: &mut Conn,
    change: &AccountChange<'_>,
    mobile: &str,
) -> Result<Option<usize>, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        if !hold(conn, change).await? {
            return Ok(None);
        }
        let row = users::table.filter(users::id.eq(Uid::from(change.user)));
        diesel::update(row).set(users::mobile.eq(Some(mobile))).execute(conn).await?;
        spend_links(conn, change.user, change.now).await?;
        finish(conn, change).await.map(Some)
    })
}

pub async fn change_email(
    conn: &mut Conn,
    change: &AccountChange<'_>,
    email: &str,
    key: &str,
) -> Result<Option<usize>, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        if !hold(conn, change).await? {
            return Ok(None);
        }
        let row = users::table.filter(users::id.eq(Uid::from(change.user)));
        let new = (users::email.eq(Some(email)), users::email_key.eq(Some(key)));
        diesel::update(row).set(new).execute(conn).await?;
        spend_links(conn, change.user, change.now).await?;
        finish(conn, change).await.map(Some)
    })
}

pub async fn update_profile(
    conn: &mut Conn,
    change: &AccountChange<'_>,
    profile: &ProfileChange,
) -> Result<bool, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        if !hold(conn, change).await? {
            return Ok(false);
        }
        let row = users::table.filter(users::id.eq(Uid::from(change.user)));
        let new = (
            profile.username.as_ref().map(|(shown, _)| users::username.eq(shown)),
            profile.username.as_ref().map(|(_, key)| users::username_key.eq(key)),
            profile.nickname.as_ref().map(|(shown, _)| users::nickname.eq(shown)),
            profile.nickname.as_ref().map(|(_, key)| users::nickname_key.eq(key)),
            profile.avatar_url.as_ref().map(|url| users::avatar_url.eq(url)),
            users::updated_at.eq(Ts(change.now)),
        );
        diesel::update(row).set(new).execute(conn).await?;
        finish(conn, change).await?;
        Ok(true)
    })
}

pub async fn schedule_deletion(
    conn: &mut Conn,
    change: &AccountChange<'_>,
    due: Instant,
) -> Result<bool, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        if !hold(conn, change).await? {
            return Ok(false);
        }
        let row = users::table.filter(users::id.eq(Uid::from(change.user)));
        diesel::update(row).set(users::delete_at.eq(Some(Ts(due)))).execute(conn).await?;
        spend_links(conn, change.user, change.now).await?;
        finish(conn, change).await?;
        Ok(true)
    })
}

pub async fn ask_for_reset(
    conn: &mut Conn,
    link: &ResetLink,
    message: &NewMessage,
    event: &AuditEvent,
) -> Result<(), DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        diesel::insert_into(reset_links::table).values(link.clone()).execute(conn).await?;
        super::messages::insert(conn, message).await?;
        super::audit::record(conn, event).await
    })
}

pub async fn find_reset_link(conn: &mut Conn, digest: &[u8]) -> Result<Option<ResetLink>, DbError> {
    let query = reset_links::table.filter(reset_links::digest.eq(digest)).select(ResetLink::as_select());
    Ok(query.first(conn).await.optional()?)
}
