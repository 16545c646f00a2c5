//! People of social providers. As in `changes.rs` the account's row is locked first.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, DbError};
use crate::core::clock::Instant;
use crate::core::ids::{IdentityId, SessionId, UserId};
use crate::db::identities::{Identity, IdentityUpdate, NewIdentity, Unlinked};
use crate::db::models::{AuditEvent, Credential, NewMessage, NewUser, Session};
use crate::db::schema::{identities, sessions, users};
use crate::db::types::{SessionMethod, Uid};

pub async fn find_identity(
    conn: &mut Conn,
    provider: &str,
    subject: &str,
    union_id: Option<&str>,
) -> Result<Option<Identity>, DbError> {
    let of_provider = identities::table.filter(identities::provider.eq(provider));
    let query = of_provider.filter(identities::subject.eq(subject)).select(Identity::as_select());
    let found = query.first(conn).await.optional()?;
    let (None, Some(union_id)) = (&found, union_id) else { return Ok(found) };
    let query = of_provider.filter(identities::union_id.eq(union_id)).select(Identity::as_select());
    Ok(query.first(conn).await.optional()?)
}

pub async fn identities_of(conn: &mut Conn, user: UserId) -> Result<Vec<Identity>, DbError> {
    let query = identities::table
        .filter(identities::user_id.eq(Uid::from(user)))
        .order((identities::linked_at.asc(), identities::id.asc()))
        .select(Identity::as_select());
    Ok(query.load(conn).await?)
}

pub async fn sign_in_with_identity(
    conn: &mut Conn,
    id: IdentityId,
    refreshed: &IdentityUpdate,
    session: &Session,
    event: &AuditEvent,
) -> Result<bool, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        if !super::sessions::still_stands(conn, session.user_id, &Credential::Identity(id)).await? {
            return Ok(false);
        }
        refresh(conn, id, refreshed).await?;
        super::sessions::insert(conn, session).await?;
        super::audit::record(conn, event).await?;
        Ok(true)
    })
}

/// A union id that another account's person has stays out: it must not shut this account for its owner.
async fn refresh(conn: &mut Conn, id: IdentityId, new: &IdentityUpdate) -> Result<(), DbError> {
    let row = identities::table.filter(identities::id.eq(Uid::from(id)));
    let provider: String = row.select(identities::provider).first(conn).await?;
    let others = identities::table
        .filter(identities::provider.eq(provider))
        .filter(identities::union_id.eq(new.union_id.as_ref()))
        .filter(identities::id.ne(Uid::from(id)));
    let elsewhere = others.select(identities::id).first::<Uid>(conn).await.optional()?.is_some();
    let union_id = new.union_id.as_ref().filter(|_| !elsewhere);
    let change = (
        identities::subject.eq(&new.subject),
        union_id.map(|union_id| identities::union_id.eq(Some(union_id))),
        identities::nickname.eq(new.nickname.as_ref()),
        identities::avatar_url.eq(new.avatar_url.as_ref()),
        identities::email.eq(new.email.as_ref()),
        identities::tokens.eq(new.tokens.as_ref()),
        identities::last_used_at.eq(new.last_used_at),
    );
    diesel::update(row).set(change).execute(conn).await?;
    Ok(())
}

pub async fn bind_identity(
    conn: &mut Conn,
    identity: &NewIdentity,
    proven: &Credential,
    session: &Session,
    events: &[AuditEvent],
    notice: Option<&NewMessage>,
) -> Result<bool, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        if !super::sessions::still_stands(conn, identity.user_id, proven).await? {
            return Ok(false);
        }
        insert(conn, identity).await?;
        super::sessions::insert(conn, session).await?;
        write_down(conn, events, notice).await?;
        Ok(true)
    })
}

pub async fn link_identity(
    conn: &mut Conn,
    identity: &NewIdentity,
    session: SessionId,
    event: &AuditEvent,
    notice: Option<&NewMessage>,
) -> Result<bool, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        if !super::sessions::hold_active(conn, identity.user_id).await? {
            return Ok(false);
        }
        if !super::sessions::hold_session(conn, identity.user_id, session, identity.linked_at.0).await? {
            return Ok(false);
        }
        insert(conn, identity).await?;
        write_down(conn, std::slice::from_ref(event), notice).await?;
        Ok(true)
    })
}

pub async fn create_user_with_identity(
    conn: &mut Conn,
    user: &NewUser,
    identity: &NewIdentity,
    session: &Session,
    events: &[AuditEvent],
) -> Result<(), DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        diesel::insert_into(users::table).values(user.clone()).execute(conn).await?;
        insert(conn, identity).await?;
        super::sessions::insert(conn, session).await?;
        write_down(conn, events, None).await
    })
}

pub async fn unlink_identity(
    conn: &mut Conn,
    user: UserId,
    provider: &str,
    session: Option<(SessionId, Instant)>,
    keep_a_way_in: bool,
    event: &AuditEvent,
    notice: Option<&NewMessage>,
) -> Result<Unlinked, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        let account = users::table.filter(users::id.eq(Uid::from(user)));
        // The lock: of two calls at once, the second counts what the first has left.
        diesel::update(account).set(users::updated_at.eq(users::updated_at)).execute(conn).await?;
        if let Some((session, now)) = session
            && !super::sessions::hold_session(conn, user, session, now).await?
        {
            return Ok(Unlinked::Ended);
        }
        let bound = identities::table.filter(identities::user_id.eq(Uid::from(user)));
        let providers: Vec<String> = bound.select(identities::provider).load(conn).await?;
        if !providers.iter().any(|bound| bound == provider) {
            return Ok(Unlinked::Absent);
        }
        if keep_a_way_in && providers.len() == 1 {
            let other = users::password_hash.is_not_null().or(users::mobile.is_not_null());
            let other = account.filter(other.or(users::email.is_not_null())).select(users::id);
            if other.first::<Uid>(conn).await.optional()?.is_none() {
                return Ok(Unlinked::LastWayIn);
            }
        }
        diesel::delete(bound.filter(identities::provider.eq(provider))).execute(conn).await?;
        end_sessions(conn, user, provider, event).await?;
        write_down(conn, std::slice::from_ref(event), notice).await?;
        Ok(Unlinked::Done)
    })
}

/// Whoever came in by the provider is out, but for the session that unlinks: its owner proved the account again.
async fn end_sessions(
    conn: &mut Conn,
    user: UserId,
    provider: &str,
    unlinking: &AuditEvent,
) -> Result<(), DbError> {
    let opened = sessions::table
        .filter(sessions::user_id.eq(Uid::from(user)))
        .filter(sessions::method.eq(SessionMethod::Provider(provider.to_owned())))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::id.ne(unlinking.session_id.unwrap_or(Uid(uuid::Uuid::nil()))));
    let end =
        (sessions::revoked_at.eq(Some(unlinking.at)), sessions::end_reason.eq(Some("identity_unlinked")));
    diesel::update(opened).set(end).execute(conn).await?;
    Ok(())
}

async fn insert(conn: &mut Conn, identity: &NewIdentity) -> Result<(), DbError> {
    diesel::insert_into(identities::table).values(identity.clone()).execute(conn).await?;
    Ok(())
}

/// Writes the entries and the notices.
pub(super) async fn write_down(
    conn: &mut Conn,
    events: &[AuditEvent],
    notices: impl IntoIterator<Item = &NewMessage>,
) -> Result<(), DbError> {
    for event in events {
        super::audit::record(conn, event).await?;
    }
    for notice in notices {
        super::messages::insert(conn, notice).await?;
    }
    Ok(())
}
