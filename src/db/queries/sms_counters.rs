//! Counters of SMS messages.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, DbError};
use crate::core::clock::Instant;
use crate::db::schema::sms_counters as counters;
use crate::db::sms_counters::{SmsCap, SmsCounter};
use crate::db::types::Ts;

pub async fn charge_sms(
    conn: &mut Conn,
    bucket: Instant,
    caps: &[SmsCap],
    money: i64,
) -> Result<Option<usize>, DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        for (index, cap) in caps.iter().enumerate() {
            ensure(conn, bucket, &cap.scope).await?;
            let row = counters::table.find((Ts(bucket), &cap.scope));
            let fits = counters::messages.lt(cap.max_messages).and(counters::money.le(cap.max_money - money));
            let charged = diesel::update(row.filter(fits))
                .set((
                    counters::messages.eq(counters::messages + 1),
                    counters::money.eq(counters::money + money),
                ))
                .execute(conn)
                .await?;
            if charged == 0 {
                // The rows before are locked by this transaction, so this restores them exactly.
                for cap in &caps[..index] {
                    add(conn, bucket, &cap.scope, -1, -money).await?;
                }
                return Ok(Some(index));
            }
        }
        Ok(None)
    })
}

pub async fn refund_sms(
    conn: &mut Conn,
    bucket: Instant,
    scopes: &[String],
    money: i64,
) -> Result<(), DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        for scope in scopes {
            add(conn, bucket, scope, -1, -money).await?;
        }
        Ok(())
    })
}

async fn add(
    conn: &mut Conn,
    bucket: Instant,
    scope: &str,
    messages: i64,
    money: i64,
) -> Result<(), DbError> {
    diesel::update(counters::table.find((Ts(bucket), scope)))
        .set((
            counters::messages.eq(counters::messages + messages),
            counters::money.eq(counters::money + money),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn count_sms(
    conn: &mut Conn,
    bucket: Instant,
    scope: &str,
    messages: i64,
    used: i64,
) -> Result<(), DbError> {
    write_tx!(conn, async |conn: &mut Conn| {
        ensure(conn, bucket, scope).await?;
        diesel::update(counters::table.find((Ts(bucket), scope)))
            .set((
                counters::messages.eq(counters::messages + messages),
                counters::used.eq(counters::used + used),
            ))
            .execute(conn)
            .await?;
        Ok(())
    })
}

/// Inserts the counter if it does not exist.
async fn ensure(conn: &mut Conn, bucket: Instant, scope: &str) -> Result<(), DbError> {
    let zero = (
        counters::bucket.eq(Ts(bucket)),
        counters::scope.eq(scope),
        counters::messages.eq(0_i64),
        counters::money.eq(0_i64),
        counters::used.eq(0_i64),
    );
    diesel::insert_into(counters::table).values(zero).on_conflict_do_nothing().execute(conn).await?;
    Ok(())
}

pub async fn sms_counters(conn: &mut Conn, scope: &str, since: Instant) -> Result<Vec<SmsCounter>, DbError> {
    let rows = counters::table.filter(counters::scope.eq(scope).and(counters::bucket.ge(Ts(since))));
    Ok(rows.order(counters::bucket.asc()).select(SmsCounter::as_select()).load(conn).await?)
}

pub async fn sms_counters_of(conn: &mut Conn, bucket: Instant) -> Result<Vec<SmsCounter>, DbError> {
    let rows = counters::table.filter(counters::bucket.eq(Ts(bucket)));
    let order = (counters::messages.desc(), counters::scope.asc());
    Ok(rows.order(order).select(SmsCounter::as_select()).load(conn).await?)
}

pub async fn purge_sms_counters(conn: &mut Conn, before: Instant) -> Result<usize, DbError> {
    let rows = counters::table.filter(counters::bucket.lt(Ts(before)));
    Ok(diesel::delete(rows).execute(conn).await?)
}
