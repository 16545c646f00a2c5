//! Changes of accounts, each with all that belongs to it in one transaction.
//!
//! Rows are locked in one order, the person first, then reset links, then sessions: two changes at once wait for each
//! other and never in a circle. A change of an account that may not be used, by a session that has ended, or by a proof
//! that has become worthless meanwhile, is not made.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::sessions::still_stands as has;
use super::{Conn, DbError};
use crate::core::clock::Instant;
use crate::core::ids::UserId;
use crate::db::changes::{AccountChange, Ends, ProfileChange, Right, Unchanged};
use crate::db::models::{AuditEvent, NewMessage, Proven, ResetLink};
use crate::db::schema::{reset_links, users};
use crate::db::types::{Ts, Uid};

/// Locks the person's row, then looks whether the change is still by right.
async fn hold(conn: &mut Conn, change: &AccountChange<'_>) -> Result<Result<(), Unchanged>, DbError> {
    let (user, now) = (change.user, change.now);
    if !super::sessions::hold_active(conn, user).await? {
        return Ok(Err(Unchanged::Shut));
    }
    let good = match &change.right {
        Right::Session { id, password } => {
            if !super::sessions::hold_session(conn, user, *id, now).await? {
                return Ok(Err(Unchanged::Shut));
            }
            match password {
                Some(hash) => has(conn, user, &Proven::Password((*hash).to_owned())).await?,
                None => true,
            }
        }
        Right::Proof(proven) => has(conn, user, proven).await?,
        Right::Link(digest) => spend_link(conn, user, digest, now).await?,
    };
    Ok(if good { Ok(()) } else { Err(Unchanged::Unproven) })
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

/// Whether the link is one of the account's and good; it is not any more.
async fn spend_link(conn: &mut Conn, user: UserId, digest: &[u8], now: Instant) -> Result<bool, DbError> {
    let good = reset_links::table
        .filter(reset_links::digest.eq(digest))
        .filter(reset_links::user_id.eq(Uid::from(user)))
        .filter(reset_links::used_at.is_null())
        .filter(reset_links::expires_at.gt(Ts(now)));
    Ok(diesel::update(good).set(reset_links::used_at.eq(Some(Ts(now)))).execute(conn).await? == 1)
}

/// No link that was mailed before a change of credentials is good after it.
pub(super) async fn spend_links(conn: &mut Conn, user: UserId, now: Instant) -> Result<(), DbError> {
    let open = reset_links::table
        .filter(reset_links::user_id.eq(Uid::from(user)))
        .filter(reset_links::used_at.is_null());
    diesel::update(open).set(reset_links::used_at.eq(Some(Ts(now)))).execute(conn).await?;
    Ok(())
}

pub async fn replace_password(
    conn: &mut Conn,
    change: &AccountChange<'_>,
    new: &str,
) -> Result<Result<usize, Unchanged>, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        if let Err(unchanged) = hold(conn, change).await? {
            return Ok(Err(unchanged));
        }
        let row = users::table.filter(users::id.eq(Uid::from(change.user)));
        let stored: Option<String> = row.select(users::password_hash).first(conn).await?;
        // Whoever had no password to prove does not replace one that was set meanwhile.
        if matches!(change.right, Right::Session { password: None, .. }) && stored.is_some() {
            return Ok(Err(Unchanged::Unproven));
        }
        let new = (users::password_hash.eq(Some(new)), users::updated_at.eq(Ts(change.now)));
        diesel::update(row).set(new).execute(conn).await?;
        spend_links(conn, change.user, change.now).await?;
        finish(conn, change).await.map(Ok)
    })
}

pub async fn change_mobile(
    conn: &mut Conn,
    change: &AccountChange<'_>,
    mobile: &str,
) -> Result<Result<usize, Unchanged>, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        if let Err(unchanged) = hold(conn, change).await? {
            return Ok(Err(unchanged));
        }
        let row = users::table.filter(users::id.eq(Uid::from(change.user)));
        let new = (users::mobile.eq(Some(mobile)), users::updated_at.eq(Ts(change.now)));
        diesel::update(row).set(new).execute(conn).await?;
        spend_links(conn, change.user, change.now).await?;
        finish(conn, change).await.map(Ok)
    })
}

pub async fn change_email(
    conn: &mut Conn,
    change: &AccountChange<'_>,
    email: &str,
    key: &str,
) -> Result<Result<usize, Unchanged>, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        if let Err(unchanged) = hold(conn, change).await? {
            return Ok(Err(unchanged));
        }
        let row = users::table.filter(users::id.eq(Uid::from(change.user)));
        let address = (users::email.eq(Some(email)), users::email_key.eq(Some(key)));
        diesel::update(row).set((address, users::updated_at.eq(Ts(change.now)))).execute(conn).await?;
        spend_links(conn, change.user, change.now).await?;
        finish(conn, change).await.map(Ok)
    })
}

pub async fn update_profile(
    conn: &mut Conn,
    change: &AccountChange<'_>,
    profile: &ProfileChange,
) -> Result<Result<usize, Unchanged>, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        if let Err(unchanged) = hold(conn, change).await? {
            return Ok(Err(unchanged));
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
        finish(conn, change).await.map(Ok)
    })
}

pub async fn schedule_deletion(
    conn: &mut Conn,
    change: &AccountChange<'_>,
    due: Instant,
) -> Result<Result<usize, Unchanged>, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        if let Err(unchanged) = hold(conn, change).await? {
            return Ok(Err(unchanged));
        }
        let row = users::table.filter(users::id.eq(Uid::from(change.user)));
        let shut = (users::delete_at.eq(Some(Ts(due))), users::updated_at.eq(Ts(change.now)));
        diesel::update(row).set(shut).execute(conn).await?;
        spend_links(conn, change.user, change.now).await?;
        finish(conn, change).await.map(Ok)
    })
}

pub async fn ask_for_reset(
    conn: &mut Conn,
    key: &str,
    link: &ResetLink,
    message: &NewMessage,
    event: &AuditEvent,
) -> Result<bool, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        // The same statement for nobody: a stranger cannot tell the two apart.
        let account = users::table
            .filter(users::id.eq(link.user_id.unwrap_or(Uid(uuid::Uuid::nil()))))
            .filter(users::email_key.eq(key))
            .filter(users::status.eq("active"))
            .filter(users::delete_at.is_null());
        let touch = users::updated_at.eq(users::updated_at);
        let held = diesel::update(account).set(touch).execute(conn).await? == 1;
        if link.user_id.is_some() && !held {
            return Ok(false);
        }
        diesel::insert_into(reset_links::table).values(link.clone()).execute(conn).await?;
        super::messages::insert(conn, message).await?;
        super::audit::record(conn, event).await?;
        Ok(true)
    })
}

pub async fn find_reset_link(conn: &mut Conn, digest: &[u8]) -> Result<Option<ResetLink>, DbError> {
    let query = reset_links::table.filter(reset_links::digest.eq(digest)).select(ResetLink::as_select());
    Ok(query.first(conn).await.optional()?)
}
