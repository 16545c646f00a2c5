//! Sessions.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::authorization::{lock_account, require_active_session, require_verified_account};
use super::{Conn, DbError, WriteError};
use crate::core::clock::Instant;
use crate::core::ids::{SessionId, UserId};
use crate::db::changes::Stale;
use crate::db::models::{AuditEvent, Credential, Session};
use crate::db::schema::sessions;
use crate::db::types::{Ts, Uid};

/// The number of sessions that are returned at most.
const MAX_SESSIONS: i64 = 200;

pub(super) async fn insert(conn: &mut Conn, session: &Session) -> Result<(), DbError> {
    diesel::insert_into(sessions::table).values(session.clone()).execute(conn).await?;
    Ok(())
}

pub async fn open_session(
    conn: &mut Conn,
    session: &Session,
    credential: &Credential,
    event: &AuditEvent,
) -> Result<(), WriteError> {
    write_tx!(conn, async |conn: &mut Conn| {
        require_verified_account(conn, session.user_id, credential).await?;
        insert(conn, session).await?;
        Ok(super::audit::record(conn, event).await?)
    })
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

pub async fn device_has_signed_in(conn: &mut Conn, device: &[u8]) -> Result<bool, DbError> {
    let query = sessions::table.filter(sessions::device_digest.eq(device)).select(sessions::id);
    Ok(query.first::<Uid>(conn).await.optional()?.is_some())
}

pub async fn active_sessions(conn: &mut Conn, user: UserId, now: Instant) -> Result<Vec<Session>, DbError> {
    let query = sessions::table
        .filter(sessions::user_id.eq(Uid::from(user)))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::idle_expires_at.gt(Ts(now)))
        .filter(sessions::expires_at.gt(Ts(now)))
        .order(sessions::last_used_at.desc())
        .limit(MAX_SESSIONS)
        .select(Session::as_select());
    Ok(query.load(conn).await?)
}

pub async fn rotate_session(
    conn: &mut Conn,
    id: SessionId,
    generation: i32,
    idle_expires_at: Instant,
    now: Instant,
) -> Result<(), WriteError> {
    let row = sessions::table
        .filter(sessions::id.eq(Uid::from(id)))
        .filter(sessions::refresh_generation.eq(generation))
        .filter(sessions::revoked_at.is_null());
    let change = (
        sessions::refresh_generation.eq(generation + 1),
        sessions::idle_expires_at.eq(Ts(idle_expires_at)),
        sessions::last_used_at.eq(Ts(now)),
    );
    let rotated = diesel::update(row).set(change).execute(conn).await?;
    if rotated == 1 { Ok(()) } else { Err(WriteError::Stale(Stale::Row)) }
}

pub async fn revoke_session(
    conn: &mut Conn,
    id: SessionId,
    reason: &str,
    now: Instant,
    event: &AuditEvent,
) -> Result<(), WriteError> {
    write_tx!(conn, async |conn: &mut Conn| {
        let row =
            sessions::table.filter(sessions::id.eq(Uid::from(id))).filter(sessions::revoked_at.is_null());
        let change = (sessions::revoked_at.eq(Some(Ts(now))), sessions::end_reason.eq(Some(reason)));
        if diesel::update(row).set(change).execute(conn).await? == 0 {
            return Err(WriteError::Stale(Stale::Inactive));
        }
        Ok(super::audit::record(conn, event).await?)
    })
}

/// Revokes the sessions of an account, except for one, in the caller's transaction. Returns the number of revoked sessions.
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
) -> Result<usize, WriteError> {
    write_tx!(conn, async |conn: &mut Conn| {
        // The account first, as everywhere: of two sessions that revoke each other one is left, without a deadlock.
        lock_account(conn, user).await?;
        if let Some(kept) = except {
            require_active_session(conn, user, kept, now).await?;
        }
        let revoked = revoke_all(conn, user, except, reason, now).await?;
        if revoked > 0 {
            super::audit::record(conn, event).await?;
        }
        Ok(revoked)
    })
}
