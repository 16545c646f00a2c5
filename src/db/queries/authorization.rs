//! What a write requires of its account and session.
//!
//! Each check locks the row that it reads, so that it holds until the end of the transaction. A lock is an update that
//! changes nothing: unlike a select, it waits for concurrent changes of the row. The account is always locked before its
//! sessions, so that concurrent transactions never deadlock.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, WriteError};
use crate::core::clock::Instant;
use crate::core::ids::{SessionId, UserId};
use crate::db::changes::Stale;
use crate::db::models::Credential;
use crate::db::schema::{identities, sessions, users};
use crate::db::types::{AccountStatus, Ts, Uid};

/// Locks an account, whatever its status.
pub(super) async fn lock_account(conn: &mut Conn, user: UserId) -> Result<(), WriteError> {
    let account = users::table.filter(users::id.eq(Uid::from(user)));
    diesel::update(account).set(users::updated_at.eq(users::updated_at)).execute(conn).await?;
    Ok(())
}

/// Locks an account that must be active. No session is opened after all sessions of the account were revoked.
pub(super) async fn require_active_account(conn: &mut Conn, user: UserId) -> Result<(), WriteError> {
    let account = users::table
        .filter(users::id.eq(Uid::from(user)))
        .filter(users::status.eq(AccountStatus::Active))
        .filter(users::delete_at.is_null());
    let locked = diesel::update(account).set(users::updated_at.eq(users::updated_at)).execute(conn).await?;
    if locked == 1 { Ok(()) } else { Err(WriteError::Stale(Stale::Inactive)) }
}

/// Locks a session of the account, which must be active at `now`. The account must be locked already.
pub(super) async fn require_active_session(
    conn: &mut Conn,
    user: UserId,
    id: SessionId,
    now: Instant,
) -> Result<(), WriteError> {
    let active = sessions::table
        .filter(sessions::id.eq(Uid::from(id)))
        .filter(sessions::user_id.eq(Uid::from(user)))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::idle_expires_at.gt(Ts(now)))
        .filter(sessions::expires_at.gt(Ts(now)));
    let touch = sessions::last_used_at.eq(sessions::last_used_at);
    let locked = diesel::update(active).set(touch).execute(conn).await?;
    if locked == 1 { Ok(()) } else { Err(WriteError::Stale(Stale::Inactive)) }
}

/// Checks that an account has a credential. The account must be locked already.
pub(super) async fn require_credential(
    conn: &mut Conn,
    user: UserId,
    credential: &Credential,
) -> Result<(), WriteError> {
    let account = users::table.filter(users::id.eq(Uid::from(user))).select(users::id);
    let found: QueryResult<Uid> = match credential {
        Credential::Password(hash) => account.filter(users::password_hash.eq(hash)).first(conn).await,
        Credential::Mobile(mobile) => account.filter(users::mobile.eq(mobile)).first(conn).await,
        Credential::Email(email) => account.filter(users::email.eq(email)).first(conn).await,
        Credential::Identity(id) => {
            let linked = identities::table
                .filter(identities::id.eq(Uid::from(*id)))
                .filter(identities::user_id.eq(Uid::from(user)));
            linked.select(identities::id).first(conn).await
        }
    };
    match found.optional()? {
        Some(_) => Ok(()),
        None => Err(WriteError::Stale(Stale::Credential)),
    }
}

/// Locks an account that must be active and have a credential.
pub(super) async fn require_verified_account(
    conn: &mut Conn,
    user: UserId,
    credential: &Credential,
) -> Result<(), WriteError> {
    require_active_account(conn, user).await?;
    require_credential(conn, user, credential).await
}
