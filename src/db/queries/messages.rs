//! The outbox. Claims are in `pg/claims.rs` and `sqlite/claims.rs`.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, DbError, WriteError};
use crate::core::clock::Instant;
use crate::core::ids::MessageId;
use crate::db::changes::Stale;
use crate::db::models::{MessageEnd, MessageProgress, MessageReceipt, MessageRetry, NewMessage};
use crate::db::schema::messages;
use crate::db::types::{MessageStatus, Ts, Uid};

/// Inserts a message in the transaction that causes it.
pub(in crate::db) async fn insert(conn: &mut Conn, message: &NewMessage) -> Result<(), DbError> {
    diesel::insert_into(messages::table).values(message.clone()).execute(conn).await?;
    Ok(())
}

pub async fn enqueue_message(conn: &mut Conn, message: &NewMessage) -> Result<(), DbError> {
    insert(conn, message).await
}

pub async fn message_progress(conn: &mut Conn, id: MessageId) -> Result<Option<MessageProgress>, DbError> {
    let query = messages::table.filter(messages::id.eq(Uid::from(id))).select(MessageProgress::as_select());
    Ok(query.first(conn).await.optional()?)
}

pub async fn finish_message(
    conn: &mut Conn,
    id: MessageId,
    lease: Uid,
    end: &MessageEnd,
    now: Instant,
) -> Result<(), WriteError> {
    let claimed = messages::table.filter(
        messages::id
            .eq(Uid::from(id))
            .and(messages::lease.eq(lease))
            .and(messages::status.eq(MessageStatus::Queued)),
    );
    let changed = diesel::update(claimed)
        .set((
            messages::status.eq(end.status),
            // They are not needed after the end. The masked destination stays for operators.
            messages::destination.eq(Vec::<u8>::new()),
            messages::payload.eq(Vec::<u8>::new()),
            messages::lease.eq(None::<Uid>),
            messages::leased_until.eq(None::<Ts>),
            messages::provider.eq(end.provider),
            messages::provider_ref.eq(end.provider_ref.clone()),
            messages::last_error.eq(end.last_error.clone()),
            messages::updated_at.eq(Ts(now)),
            messages::sending.eq(None::<String>),
            messages::sending_at.eq(None::<Ts>),
            // Nothing is assigned without a value.
            end.tried.clone().map(|tried| messages::tried.eq(Some(tried))),
        ))
        .execute(conn)
        .await?;
    if changed == 1 { Ok(()) } else { Err(WriteError::Stale(Stale::Row)) }
}

pub async fn mark_sending(
    conn: &mut Conn,
    id: MessageId,
    lease: Uid,
    carrier: &str,
    tried: Option<String>,
    now: Instant,
) -> Result<(), WriteError> {
    let claimed = messages::table.filter(
        messages::id
            .eq(Uid::from(id))
            .and(messages::lease.eq(lease))
            .and(messages::status.eq(MessageStatus::Queued)),
    );
    let mark = (
        messages::sending.eq(Some(carrier.to_owned())),
        messages::sending_at.eq(Some(Ts(now))),
        messages::tried.eq(tried),
    );
    let changed = diesel::update(claimed).set(mark).execute(conn).await?;
    if changed == 1 { Ok(()) } else { Err(WriteError::Stale(Stale::Row)) }
}

pub async fn retry_message(
    conn: &mut Conn,
    id: MessageId,
    lease: Uid,
    retry: &MessageRetry,
    now: Instant,
) -> Result<(), WriteError> {
    let claimed = messages::table.filter(
        messages::id
            .eq(Uid::from(id))
            .and(messages::lease.eq(lease))
            .and(messages::status.eq(MessageStatus::Queued)),
    );
    let nobody = (!retry.uncertain)
        .then(|| (messages::sending.eq(None::<String>), messages::sending_at.eq(None::<Ts>)));
    let changed = diesel::update(claimed)
        .set((
            messages::next_attempt_at.eq(Ts(retry.at)),
            messages::lease.eq(None::<Uid>),
            messages::leased_until.eq(None::<Ts>),
            messages::last_error.eq(retry.error.clone()),
            messages::updated_at.eq(Ts(now)),
            nobody,
            retry.tried.clone().map(|tried| messages::tried.eq(Some(tried))),
        ))
        .execute(conn)
        .await?;
    if changed == 1 { Ok(()) } else { Err(WriteError::Stale(Stale::Row)) }
}

pub async fn record_receipt(
    conn: &mut Conn,
    provider: &str,
    receipt: &MessageReceipt,
    now: Instant,
) -> Result<bool, DbError> {
    let status = if receipt.delivered { MessageStatus::Delivered } else { MessageStatus::Failed };
    // A late report of success corrects a failure; nothing corrects a success.
    let correctable: &[MessageStatus] = if receipt.delivered {
        &[MessageStatus::Sent, MessageStatus::Failed]
    } else {
        &[MessageStatus::Sent]
    };
    let report = (
        messages::status.eq(status),
        messages::last_error.eq(receipt.reason.clone()),
        messages::updated_at.eq(Ts(now)),
    );
    let by_reference = messages::table
        .filter(messages::provider.eq(provider))
        .filter(messages::provider_ref.eq(receipt.reference.clone()))
        .filter(messages::status.eq_any(correctable));
    let mut changed = diesel::update(by_reference).set(report.clone()).execute(conn).await?;
    let Some(id) = receipt.id.filter(|_| changed == 0) else { return Ok(changed > 0) };
    // The response was lost, or is not recorded yet.
    let sent = messages::table
        .filter(messages::id.eq(Uid::from(id)))
        .filter(messages::provider.eq(provider))
        .filter(messages::provider_ref.is_null())
        .filter(messages::status.eq_any(correctable));
    changed += diesel::update(sent).set(report.clone()).execute(conn).await?;
    let sending = messages::table
        .filter(messages::id.eq(Uid::from(id)))
        .filter(messages::sending.eq(provider))
        .filter(messages::status.eq(MessageStatus::Queued));
    let end = (
        report,
        messages::destination.eq(Vec::<u8>::new()),
        messages::payload.eq(Vec::<u8>::new()),
        messages::lease.eq(None::<Uid>),
        messages::leased_until.eq(None::<Ts>),
        messages::provider.eq(Some(provider.to_owned())),
        messages::provider_ref.eq(Some(receipt.reference.clone())),
        messages::sending.eq(None::<String>),
        messages::sending_at.eq(None::<Ts>),
    );
    changed += diesel::update(sending).set(end).execute(conn).await?;
    Ok(changed > 0)
}
