//! Changes of accounts, each with everything that belongs to it in one transaction.
//!
//! Rows are locked in one order, the account first, then reset links, then sessions, so that concurrent changes never
//! deadlock. A change is stale when the account or the session is no longer active, or when the account no longer has the
//! credential that was verified.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::authorization::{require_active_account, require_active_session, require_credential};
use super::{Conn, DbError, WriteError};
use crate::core::clock::Instant;
use crate::core::ids::UserId;
use crate::db::changes::{AccountChange, Authorization, Changed, ProfileChange, RevokeScope, Stale};
use crate::db::models::{AuditEvent, Credential, NewMessage, ResetLink, User};
use crate::db::schema::{reset_links, users};
use crate::db::types::{AccountStatus, Ts, Uid};

/// Locks the account, then checks the authorization again.
async fn authorize(conn: &mut Conn, change: &AccountChange<'_>) -> Result<(), WriteError> {
    let (user, now) = (change.user, change.now);
    require_active_account(conn, user).await?;
    match &change.authorization {
        Authorization::Session { id, password } => {
            require_active_session(conn, user, *id, now).await?;
            match password {
                Some(hash) => require_credential(conn, user, &Credential::Password((*hash).to_owned())).await,
                None => Ok(()),
            }
        }
        Authorization::Credential(credential) => require_credential(conn, user, credential).await,
        Authorization::Link(digest) => consume_link(conn, user, digest, now).await,
    }
}

/// Revokes sessions, and writes the audit entry and the notice.
async fn finish(conn: &mut Conn, change: &AccountChange<'_>, user: User) -> Result<Changed, WriteError> {
    let except = match change.revokes {
        RevokeScope::Nothing => None,
        RevokeScope::AllBut(session) => Some(Some(session)),
        RevokeScope::All => Some(None),
    };
    let revoked_sessions = match except {
        None => 0,
        Some(except) => {
            super::sessions::revoke_all(conn, change.user, except, change.reason, change.now).await?
        }
    };
    super::audit::record(conn, change.event).await?;
    if let Some(notice) = change.notice {
        super::messages::insert(conn, notice).await?;
    }
    Ok(Changed { user, revoked_sessions })
}

/// Consumes a reset link of the account, which must be valid.
async fn consume_link(conn: &mut Conn, user: UserId, digest: &[u8], now: Instant) -> Result<(), WriteError> {
    let valid = reset_links::table
        .filter(reset_links::digest.eq(digest))
        .filter(reset_links::user_id.eq(Uid::from(user)))
        .filter(reset_links::used_at.is_null())
        .filter(reset_links::expires_at.gt(Ts(now)));
    let consumed = diesel::update(valid).set(reset_links::used_at.eq(Some(Ts(now)))).execute(conn).await?;
    if consumed == 1 { Ok(()) } else { Err(WriteError::Stale(Stale::Credential)) }
}

/// Consumes all reset links of the account: none that was mailed before a change of credentials is valid after it.
pub(super) async fn consume_links(conn: &mut Conn, user: UserId, now: Instant) -> Result<(), DbError> {
    let unused = reset_links::table
        .filter(reset_links::user_id.eq(Uid::from(user)))
        .filter(reset_links::used_at.is_null());
    diesel::update(unused).set(reset_links::used_at.eq(Some(Ts(now)))).execute(conn).await?;
    Ok(())
}

pub async fn replace_password(
    conn: &mut Conn,
    change: &AccountChange<'_>,
    new: &str,
) -> Result<Changed, WriteError> {
    write_tx!(conn, async |conn: &mut Conn| {
        authorize(conn, change).await?;
        let row = users::table.filter(users::id.eq(Uid::from(change.user)));
        let stored: Option<String> = row.select(users::password_hash).first(conn).await?;
        // A caller whose account had no password must not replace one that was set meanwhile.
        if matches!(change.authorization, Authorization::Session { password: None, .. }) && stored.is_some() {
            return Err(WriteError::Stale(Stale::Credential));
        }
        let new = (users::password_hash.eq(Some(new)), users::updated_at.eq(Ts(change.now)));
        let update = diesel::update(row).set(new).returning(User::as_returning());
        let user = update.get_result(conn).await?;
        consume_links(conn, change.user, change.now).await?;
        finish(conn, change, user).await
    })
}

pub async fn change_mobile(
    conn: &mut Conn,
    change: &AccountChange<'_>,
    mobile: &str,
) -> Result<Changed, WriteError> {
    write_tx!(conn, async |conn: &mut Conn| {
        authorize(conn, change).await?;
        let row = users::table.filter(users::id.eq(Uid::from(change.user)));
        let new = (users::mobile.eq(Some(mobile)), users::updated_at.eq(Ts(change.now)));
        let update = diesel::update(row).set(new).returning(User::as_returning());
        let user = update.get_result(conn).await?;
        consume_links(conn, change.user, change.now).await?;
        finish(conn, change, user).await
    })
}

pub async fn change_email(
    conn: &mut Conn,
    change: &AccountChange<'_>,
    email: &str,
    key: &str,
) -> Result<Changed, WriteError> {
    write_tx!(conn, async |conn: &mut Conn| {
        authorize(conn, change).await?;
        let row = users::table.filter(users::id.eq(Uid::from(change.user)));
        let address = (users::email.eq(Some(email)), users::email_key.eq(Some(key)));
        let new = (address, users::updated_at.eq(Ts(change.now)));
        let update = diesel::update(row).set(new).returning(User::as_returning());
        let user = update.get_result(conn).await?;
        consume_links(conn, change.user, change.now).await?;
        finish(conn, change, user).await
    })
}

pub async fn update_profile(
    conn: &mut Conn,
    change: &AccountChange<'_>,
    profile: &ProfileChange,
) -> Result<Changed, WriteError> {
    write_tx!(conn, async |conn: &mut Conn| {
        authorize(conn, change).await?;
        let row = users::table.filter(users::id.eq(Uid::from(change.user)));
        let new = (profile, users::updated_at.eq(Ts(change.now)));
        let update = diesel::update(row).set(new).returning(User::as_returning());
        let user = update.get_result(conn).await?;
        finish(conn, change, user).await
    })
}

pub async fn schedule_deletion(
    conn: &mut Conn,
    change: &AccountChange<'_>,
    due: Instant,
) -> Result<Changed, WriteError> {
    write_tx!(conn, async |conn: &mut Conn| {
        authorize(conn, change).await?;
        let row = users::table.filter(users::id.eq(Uid::from(change.user)));
        let deleted = (users::delete_at.eq(Some(Ts(due))), users::updated_at.eq(Ts(change.now)));
        let update = diesel::update(row).set(deleted).returning(User::as_returning());
        let user = update.get_result(conn).await?;
        consume_links(conn, change.user, change.now).await?;
        finish(conn, change, user).await
    })
}

pub async fn create_reset_link(
    conn: &mut Conn,
    key: &str,
    link: &ResetLink,
    message: &NewMessage,
    event: &AuditEvent,
) -> Result<(), WriteError> {
    write_tx!(conn, async |conn: &mut Conn| {
        // The same statement runs for an unknown account, so that the time does not disclose whether there is one.
        let account = users::table
            .filter(users::id.eq(link.user_id.unwrap_or(Uid(uuid::Uuid::nil()))))
            .filter(users::email_key.eq(key))
            .filter(users::status.eq(AccountStatus::Active))
            .filter(users::delete_at.is_null());
        let touch = users::updated_at.eq(users::updated_at);
        let locked = diesel::update(account).set(touch).execute(conn).await? == 1;
        if link.user_id.is_some() && !locked {
            return Err(WriteError::Stale(Stale::Credential));
        }
        diesel::insert_into(reset_links::table).values(link.clone()).execute(conn).await?;
        super::messages::insert(conn, message).await?;
        Ok(super::audit::record(conn, event).await?)
    })
}

pub async fn find_reset_link(conn: &mut Conn, digest: &[u8]) -> Result<Option<ResetLink>, DbError> {
    let query = reset_links::table.filter(reset_links::digest.eq(digest)).select(ResetLink::as_select());
    Ok(query.first(conn).await.optional()?)
}
