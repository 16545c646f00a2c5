//! Queries of the command line: changes of accounts, each in one transaction with its audit entry, and lists.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, DbError, WriteError};
use crate::core::clock::Instant;
use crate::core::ids::UserId;
use crate::core::roles::Roles;
use crate::db::changes::{Stale, StatusChange};
use crate::db::models::{AccountState, AuditEvent, AuditFilter, KnownAccount, NewUser, User, UserFilter};
use crate::db::schema::{audit_events, users};
use crate::db::types::{AccountStatus, RolesJson, Ts, Uid};

pub async fn add_user(conn: &mut Conn, user: &NewUser, event: &AuditEvent) -> Result<(), DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        super::users::insert(conn, user).await?;
        super::audit::record(conn, event).await
    })
}

pub async fn list_users(conn: &mut Conn, filter: &UserFilter) -> Result<Vec<User>, DbError> {
    let mut query = users::table.select(User::as_select()).into_boxed();
    let not_deleted = users::delete_at.is_null();
    query = match filter.state {
        None => query,
        Some(AccountState::Active) => {
            query.filter(users::status.eq(AccountStatus::Active)).filter(not_deleted)
        }
        Some(AccountState::Disabled) => {
            query.filter(users::status.eq(AccountStatus::Disabled)).filter(not_deleted)
        }
        Some(AccountState::Deleted) => {
            query.filter(users::delete_at.is_not_null()).filter(users::status.ne(AccountStatus::Merged))
        }
        Some(AccountState::Merged) => query.filter(users::status.eq(AccountStatus::Merged)),
    };
    if let Some(role) = &filter.role {
        // Roles contain neither quotes nor backslashes. An underscore matches any character unless it is escaped.
        let pattern = format!("%\"{}\"%", role.replace('_', "\\_"));
        query = query.filter(users::roles.like(pattern).escape('\\'));
    }
    if let Some(before) = filter.before {
        query = query.filter(users::id.lt(Uid::from(before)));
    }
    Ok(query.order(users::id.desc()).limit(filter.limit).load(conn).await?)
}

pub async fn set_status(
    conn: &mut Conn,
    id: UserId,
    status: AccountStatus,
    now: Instant,
    event: &AuditEvent,
) -> Result<StatusChange, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        let row = users::table.filter(users::id.eq(Uid::from(id))).filter(users::status.ne(status));
        // A merged account is restored by undoing the merge.
        let row = row.filter(users::status.ne(AccountStatus::Merged));
        let change = (users::status.eq(status), users::updated_at.eq(Ts(now)));
        let changed = diesel::update(row).set(change).execute(conn).await? == 1;
        // A sign-in that ran at the same time as an earlier change may have left a session. It is revoked now, so that
        // enabling the account does not make it active again. Sessions of an account that was active stay.
        let revoked_sessions = if changed || status != AccountStatus::Active {
            super::sessions::revoke_all(conn, id, None, "account_status", now).await?
        } else {
            0
        };
        if changed || revoked_sessions > 0 {
            super::audit::record(conn, event).await?;
        }
        Ok(if changed { StatusChange::Changed { revoked_sessions } } else { StatusChange::Unchanged })
    })
}

pub async fn set_roles(
    conn: &mut Conn,
    id: UserId,
    old: &Roles,
    new: &Roles,
    now: Instant,
    event: &AuditEvent,
) -> Result<(), WriteError> {
    write_tx!(conn, async |conn: &mut Conn| {
        super::authorization::lock_account(conn, id).await?;
        let row = users::table.filter(users::id.eq(Uid::from(id)));
        let stored: Option<RolesJson> = row.select(users::roles).first(conn).await.optional()?;
        if stored.is_none_or(|stored| stored.0 != *old) {
            return Err(WriteError::Stale(Stale::Row));
        }
        let change = (users::roles.eq(RolesJson(new.clone())), users::updated_at.eq(Ts(now)));
        diesel::update(row).set(change).execute(conn).await?;
        Ok(super::audit::record(conn, event).await?)
    })
}

pub async fn delete_user(conn: &mut Conn, id: UserId, event: &AuditEvent) -> Result<bool, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        let row = users::table.filter(users::id.eq(Uid::from(id)));
        let Some(user) = row.select(User::as_select()).first(conn).await.optional()? else {
            return Ok(false);
        };
        if diesel::delete(row).execute(conn).await? == 0 {
            return Ok(false);
        }
        super::erasure::delete_traces(conn, &user).await?;
        // The only entry that still names the account: the operator is accountable for it.
        super::audit::record(conn, event).await?;
        Ok(true)
    })
}

pub async fn audit_entries(conn: &mut Conn, filter: &AuditFilter) -> Result<Vec<AuditEvent>, DbError> {
    let mut query = audit_events::table.select(AuditEvent::as_select()).into_boxed();
    if let Some(user) = filter.user {
        query = query.filter(audit_events::user_id.eq(Uid::from(user)));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(audit_events::kind.eq(kind));
    }
    if let Some(since) = filter.since {
        query = query.filter(audit_events::at.ge(Ts(since)));
    }
    let query = query.order((audit_events::at.desc(), audit_events::id.desc())).limit(filter.limit);
    Ok(query.load(conn).await?)
}

/// Four queries by index: one query with `OR` would read the whole table on SQLite.
pub async fn known_accounts(
    conn: &mut Conn,
    usernames: &[String],
    nicknames: &[String],
    mobiles: &[String],
    emails: &[String],
) -> Result<Vec<KnownAccount>, DbError> {
    let mut found = Vec::new();
    macro_rules! look_up {
        ($column:expr, $keys:expr) => {
            if !$keys.is_empty() {
                let query = users::table.filter($column.eq_any($keys)).select(KnownAccount::as_select());
                found.extend(query.load::<KnownAccount>(conn).await?);
            }
        };
    }
    look_up!(users::username_key, usernames);
    look_up!(users::nickname_key, nicknames);
    look_up!(users::mobile, mobiles);
    look_up!(users::email_key, emails);
    Ok(found)
}
