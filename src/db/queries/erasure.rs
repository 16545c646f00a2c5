//! The export and the deletion of the data of an account.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, DbError, WriteError};
use crate::core::clock::Instant;
use crate::core::ids::{AuditId, UserId};
use crate::core::random::Random;
use crate::db::models::{AuditEvent, Session, User};
use crate::db::schema::{audit_events, inbox, merges, messages, reset_links, sessions, users};
use crate::db::types::{AccountStatus, Kind, MessageStatus, Ts, Uid};
use crate::db::webhooks::Publication;

/// The number of accounts whose data is deleted by one call.
const BATCH: i64 = 100;

pub async fn activity(conn: &mut Conn, user: UserId, limit: i64) -> Result<Vec<AuditEvent>, DbError> {
    let query = audit_events::table
        .filter(audit_events::user_id.eq(Uid::from(user)))
        .order((audit_events::at.desc(), audit_events::id.desc()))
        .limit(limit)
        .select(AuditEvent::as_select());
    Ok(query.load(conn).await?)
}

pub async fn all_sessions(conn: &mut Conn, user: UserId) -> Result<Vec<Session>, DbError> {
    let query = sessions::table
        .filter(sessions::user_id.eq(Uid::from(user)))
        .order(sessions::created_at.desc())
        .select(Session::as_select());
    Ok(query.load(conn).await?)
}

pub async fn restore_account(conn: &mut Conn, user: UserId, event: &AuditEvent) -> Result<bool, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        let row = users::table.filter(users::id.eq(Uid::from(user))).filter(users::delete_at.is_not_null());
        // A merged account is restored by undoing the merge.
        let row = row.filter(users::status.ne(AccountStatus::Merged));
        let restored = diesel::update(row).set(users::delete_at.eq(None::<Ts>)).execute(conn).await? == 1;
        if restored {
            super::audit::record(conn, event).await?;
        }
        Ok(restored)
    })
}

pub async fn erase_due(conn: &mut Conn, now: Instant, endpoints: &[String]) -> Result<usize, WriteError> {
    let due = users::table
        .filter(users::delete_at.le(Ts(now)))
        .filter(users::id.ne_all(with_open_merges(now).select(merges::kept_user_id)))
        .order(users::delete_at.asc())
        .limit(BATCH)
        .select(users::id);
    let due: Vec<Uid> = due.load(conn).await?;
    let mut erased = 0;
    for id in due {
        erased += usize::from(erase(conn, id, now, endpoints).await?);
    }
    Ok(erased)
}

/// Merges that can still be undone. Somebody may have merged a stolen account into their own one. Deleting their own account
/// must not make that final, so its data is kept until then.
#[diesel::dsl::auto_type]
fn with_open_merges(now: Instant) -> _ {
    let until: Ts = Ts(now);
    merges::table.filter(merges::undone_at.is_null()).filter(merges::undo_until.gt(until))
}

/// Deletes an account that is due and has no open merge; false otherwise. Sessions, reset links, identities and merges are
/// deleted with the row.
async fn erase(conn: &mut Conn, id: Uid, now: Instant, endpoints: &[String]) -> Result<bool, WriteError> {
    write_tx!(conn, async |conn: &mut Conn| {
        super::authorization::lock_account(conn, id.into()).await?;
        let open = with_open_merges(now).filter(merges::kept_user_id.eq(id)).select(merges::id);
        if open.first::<Uid>(conn).await.optional()?.is_some() {
            return Ok(false);
        }
        let row = users::table.filter(users::id.eq(id)).filter(users::delete_at.le(Ts(now)));
        let Some(user) = row.select(User::as_select()).first(conn).await.optional()? else {
            return Ok(false);
        };
        // An operator may have restored it in the meantime.
        let row = users::table.filter(users::id.eq(id)).filter(users::delete_at.le(Ts(now)));
        if diesel::delete(row).execute(conn).await? == 0 {
            return Ok(false);
        }
        delete_traces(conn, &user).await?;
        super::audit::record(conn, &erased_event(now, user.id, endpoints)).await?;
        Ok(true)
    })
}

/// Deletes what refers to an account whose row was deleted: messages, and the account and addresses in audit entries.
pub(super) async fn delete_traces(conn: &mut Conn, user: &User) -> Result<(), DbError> {
    delete_messages_to(conn, user).await?;
    let anonymous = (
        audit_events::user_id.eq(None::<Uid>),
        audit_events::session_id.eq(None::<Uid>),
        audit_events::address.eq(None::<String>),
        audit_events::user_agent.eq(None::<String>),
    );
    let entries = audit_events::table.filter(audit_events::user_id.eq(Some(Uid::from(user.id))));
    diesel::update(entries).set(anonymous).execute(conn).await?;
    Ok(())
}

/// Builds the audit entry of an erased account, which does not name the account. Only the applications behind `endpoints` are
/// told which account it was, so that they can delete their data too.
fn erased_event(now: Instant, user: UserId, endpoints: &[String]) -> AuditEvent {
    let publication = Publication { endpoints: endpoints.to_vec(), user_id: Some(user.0) };
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
    let id = uuid::Builder::from_unix_timestamp_millis(millis, &Random::system().bytes()).into_uuid();
    AuditEvent {
        id: AuditId(id).into(),
        at: now.into(),
        kind: Kind::UserErased,
        user_id: None,
        session_id: None,
        address: None,
        user_agent: None,
        detail: r#"{"method":"upkeep"}"#.into(),
        publication: publication.to_column(),
    }
}

/// Messages are found by the masked contact alone, so a message to another contact with the same mask may be deleted too,
/// after it was sent.
async fn delete_messages_to(conn: &mut Conn, user: &User) -> Result<(), DbError> {
    for contact in user.contacts().to_vec() {
        let rows = messages::table
            .filter(messages::masked.eq(contact.masked()))
            .filter(messages::status.ne(MessageStatus::Queued));
        diesel::delete(rows).execute(conn).await?;
    }
    for address in user.mobile.iter().chain(&user.email) {
        diesel::delete(inbox::table.filter(inbox::destination.eq(address))).execute(conn).await?;
    }
    Ok(())
}

pub async fn purge_reset_links(conn: &mut Conn, before: Instant) -> Result<usize, DbError> {
    let rows = reset_links::table.filter(reset_links::expires_at.lt(Ts(before)));
    Ok(diesel::delete(rows).execute(conn).await?)
}
