//! Identities at social providers. As in `changes.rs` the account is locked first.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::authorization::{require_active_account, require_active_session, require_verified_account};
use super::{Conn, DbError, WriteError};
use crate::core::ids::{IdentityId, SessionId, UserId};
use crate::db::identities::{Identity, IdentityUpdate, NewIdentity, Unlinked};
use crate::db::models::{AuditEvent, Credential, NewMessage, NewUser, Session, User};
use crate::db::schema::{identities, sessions, users};
use crate::db::types::{SessionMethod, Ts, Uid};

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
    profile: &IdentityUpdate,
    session: &Session,
    event: &AuditEvent,
) -> Result<(), WriteError> {
    write_tx!(conn, async |conn: &mut Conn| {
        require_verified_account(conn, session.user_id, &Credential::Identity(id)).await?;
        update(conn, id, profile).await?;
        super::sessions::insert(conn, session).await?;
        Ok(super::audit::record(conn, event).await?)
    })
}

/// Updates an identity. A union id that another identity has is left out: it must not keep the owner of this one from
/// signing in.
async fn update(conn: &mut Conn, id: IdentityId, new: &IdentityUpdate) -> Result<(), DbError> {
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
    credential: &Credential,
    session: &Session,
    events: &[AuditEvent],
    notice: Option<&NewMessage>,
) -> Result<(), WriteError> {
    write_tx!(conn, async |conn: &mut Conn| {
        require_verified_account(conn, identity.user_id, credential).await?;
        insert(conn, identity).await?;
        super::sessions::insert(conn, session).await?;
        Ok(record(conn, events, notice).await?)
    })
}

pub async fn link_identity(
    conn: &mut Conn,
    identity: &NewIdentity,
    session: SessionId,
    event: &AuditEvent,
    notice: Option<&NewMessage>,
) -> Result<(), WriteError> {
    write_tx!(conn, async |conn: &mut Conn| {
        require_active_account(conn, identity.user_id).await?;
        require_active_session(conn, identity.user_id, session, identity.linked_at.0).await?;
        insert(conn, identity).await?;
        Ok(record(conn, std::slice::from_ref(event), notice).await?)
    })
}

pub async fn create_user_with_identity(
    conn: &mut Conn,
    user: &NewUser,
    identity: &NewIdentity,
    session: &Session,
    events: &[AuditEvent],
) -> Result<User, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        let user = super::users::insert(conn, user).await?;
        insert(conn, identity).await?;
        super::sessions::insert(conn, session).await?;
        record(conn, events, None).await?;
        Ok(user)
    })
}

pub async fn unlink_identity(
    conn: &mut Conn,
    user: UserId,
    provider: &str,
    session: SessionId,
    event: &AuditEvent,
    notice: Option<&NewMessage>,
) -> Result<Unlinked, WriteError> {
    write_tx!(conn, async |conn: &mut Conn| {
        // Of two concurrent calls, the second one sees what the first one left.
        require_active_account(conn, user).await?;
        require_active_session(conn, user, session, event.at.0).await?;
        let linked = identities::table.filter(identities::user_id.eq(Uid::from(user)));
        let providers: Vec<String> = linked.select(identities::provider).load(conn).await?;
        if !providers.iter().any(|linked| linked == provider) {
            return Ok(Unlinked::NotLinked);
        }
        if providers.len() == 1 && !has_other_method(conn, user).await? {
            return Ok(Unlinked::LastSignInMethod);
        }
        diesel::delete(linked.filter(identities::provider.eq(provider))).execute(conn).await?;
        revoke_opened_by(conn, user, provider, session, event.at).await?;
        record(conn, std::slice::from_ref(event), notice).await?;
        Ok(Unlinked::Done)
    })
}

/// Whether the owner can sign in without an identity: by a password or by a code to a contact.
async fn has_other_method(conn: &mut Conn, user: UserId) -> Result<bool, DbError> {
    let other = users::password_hash.is_not_null().or(users::mobile.is_not_null());
    let account = users::table.filter(users::id.eq(Uid::from(user)));
    let account = account.filter(other.or(users::email.is_not_null())).select(users::id);
    Ok(account.first::<Uid>(conn).await.optional()?.is_some())
}

/// Revokes the sessions that a provider opened, except for the one that unlinks it: its owner re-authenticated.
async fn revoke_opened_by(
    conn: &mut Conn,
    user: UserId,
    provider: &str,
    except: SessionId,
    now: Ts,
) -> Result<(), DbError> {
    let opened = sessions::table
        .filter(sessions::user_id.eq(Uid::from(user)))
        .filter(sessions::method.eq(SessionMethod::Provider(provider.to_owned())))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::id.ne(Uid::from(except)));
    let revoked = (sessions::revoked_at.eq(Some(now)), sessions::end_reason.eq(Some("identity_unlinked")));
    diesel::update(opened).set(revoked).execute(conn).await?;
    Ok(())
}

async fn insert(conn: &mut Conn, identity: &NewIdentity) -> Result<(), DbError> {
    diesel::insert_into(identities::table).values(identity.clone()).execute(conn).await?;
    Ok(())
}

/// Writes audit entries and notices.
pub(super) async fn record(
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
