//! Sign-ins.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, DbError};
use crate::core::clock::Instant;
use crate::core::ids::{SessionId, UserId};
use crate::db::models::{AuditEvent, Credential, Session};
use crate::db::schema::{identities, sessions, users};
use crate::db::types::{AccountStatus, Ts, Uid};

pub(super) async fn insert(conn: &mut Conn, session: &Session) -> Result<(), DbError> {
    diesel::insert_into(sessions::table).values(session.clone()).execute(conn).await?;
    Ok(())
}

pub async fn open_session(
    conn: &mut Conn,
    session: &Session,
    proven: &Credential,
    event: &AuditEvent,
) -> Result<bool, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        if !still_stands(conn, session.user_id, proven).await? {
            return Ok(false);
        }
        insert(conn, session).await?;
        super::audit::record(conn, event).await?;
        Ok(true)
    })
}

/// Whether the account may still be used and has what the person proved; locks its row.
pub(super) async fn still_stands(
    conn: &mut Conn,
    user: UserId,
    proven: &Credential,
) -> Result<bool, DbError> {
    let account = users::table
        .filter(users::id.eq(Uid::from(user)))
        .filter(users::status.eq(AccountStatus::Active))
        .filter(users::delete_at.is_null());
    let touch = users::updated_at.eq(users::updated_at);
    let touched = match proven {
        Credential::Password(hash) => {
            diesel::update(account.filter(users::password_hash.eq(hash))).set(touch).execute(conn).await?
        }
        Credential::Mobile(mobile) => {
            diesel::update(account.filter(users::mobile.eq(mobile))).set(touch).execute(conn).await?
        }
        Credential::Email(email) => {
            diesel::update(account.filter(users::email.eq(email))).set(touch).execute(conn).await?
        }
        Credential::Identity(id) => {
            // Two statements: what an update had to wait for is seen in its own table only.
            if !hold_active(conn, user).await? {
                return Ok(false);
            }
            let bound = identities::table
                .filter(identities::id.eq(Uid::from(*id)))
                .filter(identities::user_id.eq(Uid::from(user)))
                .select(identities::id);
            usize::from(bound.first::<Uid>(conn).await.optional()?.is_some())
        }
    };
    Ok(touched == 1)
}

/// Locks the person's row; false when the account may not be used. An update that changes nothing: unlike a look, it
/// waits for whoever is changing the account, so that no session slips past the end of all sessions.
pub(super) async fn hold_active(conn: &mut Conn, user: UserId) -> Result<bool, DbError> {
    let account = users::table
        .filter(users::id.eq(Uid::from(user)))
        .filter(users::status.eq(AccountStatus::Active))
        .filter(users::delete_at.is_null());
    Ok(diesel::update(account).set(users::updated_at.eq(users::updated_at)).execute(conn).await? == 1)
}

/// Whether a session of the person stands at `now`; locks its row, after the person's. An update that changes nothing,
/// as above: it waits for whoever is ending the session.
pub(super) async fn hold_session(
    conn: &mut Conn,
    user: UserId,
    id: SessionId,
    now: Instant,
) -> Result<bool, DbError> {
    let standing = sessions::table
        .filter(sessions::id.eq(Uid::from(id)))
        .filter(sessions::user_id.eq(Uid::from(user)))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::idle_expires_at.gt(Ts(now)))
        .filter(sessions::expires_at.gt(Ts(now)));
    Ok(diesel::update(standing).set(sessions::last_used_at.eq(sessions::last_used_at)).execute(conn).await?
        == 1)
}

pub async fn find_session(conn: &mut Conn, id: SessionId) -> Result<Option<Session>, DbError> {
    let query = sessions::table.filter(sessions::id.eq(Uid::from(id))).select(Session::as_select());
    Ok(query.first(conn).await.optional()?)
}

pub async fn device_is_known(conn: &mut Conn, user: UserId, device: &[u8]) -> Result<bool, DbError> {
    let query = sessions::table
        .filter(sessions::user_id.eq(Uid::from(user)).and(sessions::device_digest.eq(device)))
        .select(sessions::id);
    Ok(query.first::<Uid>(conn).await.optional()?.is_some())
}

pub async fn live_sessions(conn: &mut Conn, user: UserId, now: Instant) -> Result<Vec<Session>, DbError> {
    let query = sessions::table
        .filter(sessions::user_id.eq(Uid::from(user)))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::idle_expires_at.gt(Ts(now)))
        .filter(sessions::expires_at.gt(Ts(now)))
        .order(sessions::last_used_at.desc())
        .limit(200)
        .select(Session::as_select());
    Ok(query.load(conn).await?)
}

pub async fn rotate_session(
    conn: &mut Conn,
    id: SessionId,
    generation: i32,
    idle_expires_at: Instant,
    now: Instant,
) -> Result<bool, DbError> {
    let row = sessions::table
        .filter(sessions::id.eq(Uid::from(id)))
        .filter(sessions::refresh_generation.eq(generation))
        .filter(sessions::revoked_at.is_null());
    let change = (
        sessions::refresh_generation.eq(generation + 1),
        sessions::idle_expires_at.eq(Ts(idle_expires_at)),
        sessions::last_used_at.eq(Ts(now)),
    );
    Ok(diesel::update(row).set(change).execute(conn).await? == 1)
}

pub async fn revoke_session(
    conn: &mut Conn,
    id: SessionId,
    reason: &str,
    now: Instant,
    event: &AuditEvent,
) -> Result<bool, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        let row =
            sessions::table.filter(sessions::id.eq(Uid::from(id))).filter(sessions::revoked_at.is_null());
        let change = (sessions::revoked_at.eq(Some(Ts(now))), sessions::end_reason.eq(Some(reason)));
        let ended = diesel::update(row).set(change).execute(conn).await? == 1;
        if ended {
            super::audit::record(conn, event).await?;
        }
        Ok(ended)
    })
}

/// Ends the sessions of a person, but for one, inside the caller's transaction.
pub(super) async fn revoke_all(
    conn: &mut Conn,
    user: UserId,
    except: Option<SessionId>,
    reason: &str,
    now: Instant,
) -> Result<usize, DbError> {
    let kept = except.map_or_else(uuid::Uuid::nil, |session| session.0);
    let rows = sessions::table
        .filter(sessions::user_id.eq(Uid::from(user)))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::id.ne(Uid(kept)));
    let change = (sessions::revoked_at.eq(Some(Ts(now))), sessions::end_reason.eq(Some(reason)));
    Ok(diesel::update(rows).set(change).execute(conn).await?)
}

pub async fn revoke_sessions(
    conn: &mut Conn,
    user: UserId,
    except: Option<SessionId>,
    reason: &str,
    now: Instant,
    event: &AuditEvent,
) -> Result<Option<usize>, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        // First the person, as everywhere: of two sessions that end each other one is left, and nobody waits in a circle.
        let account = users::table.filter(users::id.eq(Uid::from(user)));
        diesel::update(account).set(users::updated_at.eq(users::updated_at)).execute(conn).await?;
        if let Some(kept) = except
            && !hold_session(conn, user, kept, now).await?
        {
            return Ok(None);
        }
        let ended = revoke_all(conn, user, except, reason, now).await?;
        if ended > 0 {
            super::audit::record(conn, event).await?;
        }
        Ok(Some(ended))
    })
}
