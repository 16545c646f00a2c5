//! Merging two accounts, and undoing it.
//!
//! Both accounts are locked first, in the order of their ids. The record of what moved is built under these locks, and the
//! caller only seals it. The merge sets `delete_at` of the merged account, so that the upkeep deletes its data like that
//! of an account that its owner deleted.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::authorization::{require_active_account, require_active_session, require_verified_account};
use super::{Conn, DbError, WriteError};
use crate::core::clock::Instant;
use crate::core::ids::{IdentityId, MergeId, UserId};
use crate::db::changes::Stale;
use crate::db::merges::{Merge, Merged, Moved, NewMerge, Seal, Undone, Unseal};
use crate::db::models::{AuditEvent, NewMessage, User};
use crate::db::schema::{identities, merges, users};
use crate::db::types::{AccountStatus, RolesJson, Ts, Uid};

pub async fn merge_accounts(
    conn: &mut Conn,
    merge: &NewMerge<'_>,
    seal: Seal<'_>,
    events: &[AuditEvent],
) -> Result<Merged, WriteError> {
    write_tx!(conn, async |conn: &mut Conn| {
        authorize(conn, merge).await?;
        let of_kept = providers(conn, merge.kept).await?;
        let of_merged = providers(conn, merge.merged).await?;
        if let Some((_, provider)) =
            of_merged.iter().find(|(_, one)| of_kept.iter().any(|(_, other)| one == other))
        {
            return Ok(Merged::Conflict(provider.clone()));
        }
        let (kept, merged) = (read(conn, merge.kept).await?, read(conn, merge.merged).await?);
        let email_key: Option<String> = row(merge.merged).select(users::email_key).first(conn).await?;
        let moved =
            moved(&kept, &merged, email_key, of_merged.into_iter().map(|(id, _)| id.into()).collect());
        move_values(conn, merge, &kept, &moved).await?;
        let record = serde_json::to_string(&moved).map_err(|error| DbError::Internal(error.to_string()))?;
        let values = (
            merges::id.eq(Uid::from(merge.id)),
            merges::kept_user_id.eq(Uid::from(merge.kept)),
            merges::merged_user_id.eq(Uid::from(merge.merged)),
            merges::at.eq(Ts(merge.at)),
            merges::undo_until.eq(Ts(merge.undo_until)),
            merges::record.eq(seal(&record)),
        );
        diesel::insert_into(merges::table).values(values).execute(conn).await?;
        super::changes::consume_links(conn, merge.kept, merge.at).await?;
        super::changes::consume_links(conn, merge.merged, merge.at).await?;
        super::sessions::revoke_all(conn, merge.merged, None, "merged", merge.at).await?;
        super::identities::record(conn, events, merge.notices).await?;
        Ok(Merged::Done)
    })
}

/// Locks both accounts, the one with the lower id first, and checks the authorization again.
async fn authorize(conn: &mut Conn, merge: &NewMerge<'_>) -> Result<(), WriteError> {
    if merge.kept == merge.merged {
        return Err(WriteError::Stale(Stale::Inactive));
    }
    for user in [merge.kept.min(merge.merged), merge.kept.max(merge.merged)] {
        let credential =
            if user == merge.kept { merge.kept_credential } else { Some(merge.merged_credential) };
        match credential {
            Some(credential) => require_verified_account(conn, user, credential).await?,
            None => require_active_account(conn, user).await?,
        }
    }
    require_active_session(conn, merge.kept, merge.session, merge.at).await
}

fn moved(kept: &User, merged: &User, email_key: Option<String>, identities: Vec<IdentityId>) -> Moved {
    Moved {
        identities,
        mobile: merged.mobile.clone().filter(|_| kept.mobile.is_none()),
        email: merged.email.clone().zip(email_key).filter(|_| kept.email.is_none()),
        password_hash: merged.password_hash.clone().filter(|_| kept.password_hash.is_none()),
        roles: merged.roles.without(&kept.roles),
    }
}

/// Moves what the kept account lacks. The merged account is updated first, because contacts are unique.
async fn move_values(
    conn: &mut Conn,
    merge: &NewMerge<'_>,
    kept: &User,
    moved: &Moved,
) -> Result<(), DbError> {
    let email = moved.email.as_ref();
    let gone = (
        moved.mobile.as_ref().map(|_| users::mobile.eq(None::<String>)),
        email.map(|_| users::email.eq(None::<String>)),
        email.map(|_| users::email_key.eq(None::<String>)),
        moved.password_hash.as_ref().map(|_| users::password_hash.eq(None::<String>)),
        users::status.eq(AccountStatus::Merged),
        users::delete_at.eq(Some(Ts(merge.undo_until))),
        users::updated_at.eq(Ts(merge.at)),
    );
    diesel::update(row(merge.merged)).set(gone).execute(conn).await?;
    let roles = RolesJson(kept.roles.with(&moved.roles));
    let new = (
        moved.mobile.as_ref().map(|mobile| users::mobile.eq(Some(mobile))),
        email.map(|(email, _)| users::email.eq(Some(email))),
        email.map(|(_, key)| users::email_key.eq(Some(key))),
        moved.password_hash.as_ref().map(|hash| users::password_hash.eq(Some(hash))),
        (!moved.roles.is_empty()).then(|| users::roles.eq(roles)),
        users::updated_at.eq(Ts(merge.at)),
    );
    diesel::update(row(merge.kept)).set(new).execute(conn).await?;
    let bound = identities::table.filter(identities::user_id.eq(Uid::from(merge.merged)));
    diesel::update(bound).set(identities::user_id.eq(Uid::from(merge.kept))).execute(conn).await?;
    Ok(())
}

pub async fn undo_merge(
    conn: &mut Conn,
    id: MergeId,
    now: Instant,
    unseal: Unseal<'_>,
    events: &[AuditEvent],
    notices: &[NewMessage],
) -> Result<Undone, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        let Some(merge) = find_merge(conn, id).await? else { return Ok(Undone::NotPossible) };
        let (kept, merged) = (merge.kept_user_id, merge.merged_user_id);
        for user in [kept.min(merged), kept.max(merged)] {
            diesel::update(row(user)).set(users::updated_at.eq(Ts(now))).execute(conn).await?;
        }
        let open = merges::table
            .filter(merges::id.eq(Uid::from(id)))
            .filter(merges::undone_at.is_null())
            .filter(merges::undo_until.gt(Ts(now)));
        let record: Option<Vec<u8>> = open.select(merges::record).first(conn).await.optional()?;
        let Some(record) = record else { return Ok(Undone::NotPossible) };
        let owner = read(conn, kept).await?;
        if owner.status == AccountStatus::Merged {
            return Ok(Undone::MergedSince);
        }
        let record = unseal(&record).map_err(DbError::Internal)?;
        let moved: Moved =
            serde_json::from_str(&record).map_err(|error| DbError::Internal(error.to_string()))?;
        let (returned, stayed) = return_values(conn, &owner, merged, moved).await?;
        diesel::update(open).set(merges::undone_at.eq(Some(Ts(now)))).execute(conn).await?;
        super::changes::consume_links(conn, kept, now).await?;
        // A session may have been opened by a credential that belongs to the other account again.
        super::sessions::revoke_all(conn, kept, None, "unmerged", now).await?;
        super::identities::record(conn, events, notices).await?;
        Ok(Undone::Done { returned, stayed })
    })
}

/// Returns values to the merged account. A value that the kept account no longer has stays where it is. Returns the names of
/// both kinds of values.
async fn return_values(
    conn: &mut Conn,
    kept: &User,
    merged: UserId,
    moved: Moved,
) -> Result<(Vec<String>, Vec<String>), DbError> {
    let (mut returned, mut stayed) = (Vec::new(), Vec::new());
    let mut still = |name: &str, there: bool| {
        if there { &mut returned } else { &mut stayed }.push(name.to_owned());
        there
    };
    let mobile = moved.mobile.filter(|mobile| still("mobile", kept.mobile.as_ref() == Some(mobile)));
    let email = moved.email.filter(|(email, _)| still("email", kept.email.as_ref() == Some(email)));
    let hash =
        moved.password_hash.filter(|hash| still("password", kept.password_hash.as_ref() == Some(hash)));
    let roles = RolesJson(kept.roles.without(&moved.roles));
    let gone = (
        mobile.as_ref().map(|_| users::mobile.eq(None::<String>)),
        email.as_ref().map(|_| users::email.eq(None::<String>)),
        email.as_ref().map(|_| users::email_key.eq(None::<String>)),
        hash.as_ref().map(|_| users::password_hash.eq(None::<String>)),
        (!moved.roles.is_empty()).then(|| users::roles.eq(roles)),
        users::status.eq(users::status),
    );
    diesel::update(row(kept.id)).set(gone).execute(conn).await?;
    let back = (
        mobile.map(|mobile| users::mobile.eq(Some(mobile))),
        email.as_ref().map(|(email, _)| users::email.eq(Some(email.clone()))),
        email.map(|(_, key)| users::email_key.eq(Some(key))),
        hash.map(|hash| users::password_hash.eq(Some(hash))),
        users::status.eq(AccountStatus::Active),
        users::delete_at.eq(None::<Ts>),
    );
    diesel::update(row(merged)).set(back).execute(conn).await?;
    if !moved.roles.is_empty() {
        returned.push("roles".to_owned());
    }
    for id in moved.identities {
        let bound = identities::table
            .filter(identities::id.eq(Uid::from(id)))
            .filter(identities::user_id.eq(Uid::from(kept.id)));
        let moved =
            diesel::update(bound).set(identities::user_id.eq(Uid::from(merged))).execute(conn).await?;
        if moved == 0 { &mut stayed } else { &mut returned }.push("identity".to_owned());
    }
    Ok((returned, stayed))
}

pub async fn find_merge(conn: &mut Conn, id: MergeId) -> Result<Option<Merge>, DbError> {
    let query = merges::table.filter(merges::id.eq(Uid::from(id))).select(Merge::as_select());
    Ok(query.first(conn).await.optional()?)
}

pub async fn find_merges(conn: &mut Conn, user: UserId) -> Result<Vec<Merge>, DbError> {
    let user = Uid::from(user);
    let query = merges::table
        .filter(merges::kept_user_id.eq(user).or(merges::merged_user_id.eq(user)))
        .order((merges::at.desc(), merges::id.desc()))
        .select(Merge::as_select());
    Ok(query.load(conn).await?)
}

#[diesel::dsl::auto_type]
fn row(user: UserId) -> _ {
    let id: Uid = user.into();
    users::table.filter(users::id.eq(id))
}

async fn read(conn: &mut Conn, user: UserId) -> Result<User, DbError> {
    Ok(row(user).select(User::as_select()).first(conn).await?)
}

async fn providers(conn: &mut Conn, user: UserId) -> Result<Vec<(Uid, String)>, DbError> {
    let bound = identities::table.filter(identities::user_id.eq(Uid::from(user)));
    Ok(bound.select((identities::id, identities::provider)).load(conn).await?)
}
