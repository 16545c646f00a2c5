//! What is left of a person: a copy of all of it for its owner, and its end.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, DbError};
use crate::core::clock::Instant;
use crate::core::identifier::{EmailAddress, Mobile, Region};
use crate::core::ids::{AuditId, UserId};
use crate::core::random::Random;
use crate::db::models::{AuditEvent, Session, User};
use crate::db::schema::{audit_events, inbox, merges, messages, reset_links, sessions, users};
use crate::db::types::{AccountStatus, Kind, MessageStatus, Ts, Uid};
use crate::db::webhooks::Publication;

/// So many accounts are erased in one go.
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

pub async fn terms_and_update(conn: &mut Conn, user: UserId) -> Result<(Option<String>, Ts), DbError> {
    let row = users::table.filter(users::id.eq(Uid::from(user)));
    Ok(row.select((users::terms_version, users::updated_at)).first(conn).await?)
}

pub async fn restore_account(conn: &mut Conn, user: UserId, event: &AuditEvent) -> Result<bool, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        let row = users::table.filter(users::id.eq(Uid::from(user))).filter(users::delete_at.is_not_null());
        // A merged account is opened by undoing the merge.
        let row = row.filter(users::status.ne(AccountStatus::Merged));
        let restored = diesel::update(row).set(users::delete_at.eq(None::<Ts>)).execute(conn).await? == 1;
        if restored {
            super::audit::record(conn, event).await?;
        }
        Ok(restored)
    })
}

pub async fn erase_due(conn: &mut Conn, now: Instant, endpoints: &[String]) -> Result<usize, DbError> {
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

/// Merges that can still be undone. What was merged into an account may be another person's, merged by a thief: it must
/// outlive the account for as long as was promised, so the account waits.
#[diesel::dsl::auto_type]
fn with_open_merges(now: Instant) -> _ {
    let until: Ts = Ts(now);
    merges::table.filter(merges::undone_at.is_null()).filter(merges::undo_until.gt(until))
}

/// Sessions, reset links, identities and merges go with the row.
async fn erase(conn: &mut Conn, id: Uid, now: Instant, endpoints: &[String]) -> Result<bool, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        // Locked as merges and their ends lock it.
        let row = users::table.filter(users::id.eq(id));
        diesel::update(row).set(users::updated_at.eq(users::updated_at)).execute(conn).await?;
        let open = with_open_merges(now).filter(merges::kept_user_id.eq(id)).select(merges::id);
        if open.first::<Uid>(conn).await.optional()?.is_some() {
            return Ok(false);
        }
        let row = users::table.filter(users::id.eq(id)).filter(users::delete_at.le(Ts(now)));
        let Some(user) = row.select(User::as_select()).first(conn).await.optional()? else {
            return Ok(false);
        };
        // An operator may have restored it a moment ago.
        let row = users::table.filter(users::id.eq(id)).filter(users::delete_at.le(Ts(now)));
        if diesel::delete(row).execute(conn).await? == 0 {
            return Ok(false);
        }
        forget(conn, &user).await?;
        super::audit::record(conn, &erased(now, user.id, endpoints)).await?;
        Ok(true)
    })
}

/// What is left to do when an account's row is gone: sessions, reset links, identities and merges went with it. The log
/// keeps what happened and forgets to whom and from where.
pub(super) async fn forget(conn: &mut Conn, user: &User) -> Result<(), DbError> {
    forget_messages_to(conn, user).await?;
    let nobody = (
        audit_events::user_id.eq(None::<Uid>),
        audit_events::session_id.eq(None::<Uid>),
        audit_events::address.eq(None::<String>),
        audit_events::user_agent.eq(None::<String>),
    );
    let entries = audit_events::table.filter(audit_events::user_id.eq(Some(Uid::from(user.id))));
    diesel::update(entries).set(nobody).execute(conn).await?;
    Ok(())
}

/// Builds the audit entry of an erased account, which does not name the account. Only the applications behind `endpoints` are
/// told which account it was, so that they can delete their data too.
fn erased(now: Instant, user: UserId, endpoints: &[String]) -> AuditEvent {
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

/// Messages are known by the masked address alone: another person's of the same mask may go too, once it is sent.
async fn forget_messages_to(conn: &mut Conn, user: &User) -> Result<(), DbError> {
    let mobile = user.mobile.as_deref().and_then(|mobile| Mobile::parse(mobile, &Region::ALL).ok());
    let email = user.email.as_deref().and_then(|email| EmailAddress::parse(email).ok());
    let masks = mobile.map(|mobile| mobile.masked()).into_iter().chain(email.map(|email| email.masked()));
    for mask in masks {
        let rows = messages::table
            .filter(messages::masked.eq(mask))
            .filter(messages::status.ne(MessageStatus::Queued));
        diesel::delete(rows).execute(conn).await?;
    }
    for address in user.mobile.iter().chain(&user.email) {
        diesel::delete(inbox::table.filter(inbox::destination.eq(address))).execute(conn).await?;
    }
    Ok(())
}

pub async fn forget_reset_links(conn: &mut Conn, before: Instant) -> Result<usize, DbError> {
    let rows = reset_links::table.filter(reset_links::expires_at.lt(Ts(before)));
    Ok(diesel::delete(rows).execute(conn).await?)
}
