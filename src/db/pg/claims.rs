//! Claims on work that several gateways share, for PostgreSQL.

/// Messages that are due.
pub mod messages {
    use diesel::dsl::array;
    use diesel::prelude::*;
    use diesel_async::RunQueryDsl;

    use crate::core::clock::Instant;
    use crate::db::error::DbError;
    use crate::db::models::DueMessage;
    use crate::db::pg::connection::Conn;
    use crate::db::schema::messages;
    use crate::db::types::{DbUuid, MessageStatus, Ts, Uid};

    diesel::alias!(messages as candidates: Candidates);

    pub async fn claim_due(
        conn: &mut Conn,
        now: Instant,
        lease: Uid,
        leased_until: Instant,
        limit: i64,
    ) -> Result<Vec<DueMessage>, DbError> {
        let free = candidates
            .field(messages::leased_until)
            .is_null()
            .or(candidates.field(messages::leased_until).le(Ts(now)));
        // Rows that another worker is claiming are skipped without waiting. As an array the sub-select runs once; as a join
        // the planner might run it again for each row, past the limit.
        let due = candidates
            .filter(candidates.field(messages::status).eq(MessageStatus::Queued))
            .filter(candidates.field(messages::next_attempt_at).le(Ts(now)))
            .filter(free)
            .order(candidates.field(messages::next_attempt_at).asc())
            .limit(limit)
            .select(candidates.field(messages::id))
            .for_update()
            .skip_locked();
        let claimed = diesel::update(messages::table)
            .filter(messages::id.eq_any(array::<DbUuid, _>(due)))
            .set((
                messages::lease.eq(Some(lease)),
                messages::leased_until.eq(Some(Ts(leased_until))),
                messages::attempts.eq(messages::attempts + 1),
            ))
            .returning(DueMessage::as_returning());
        Ok(claimed.load(conn).await?)
    }
}

/// The keys that sign access tokens.
pub mod keys {
    use diesel::sql_types::BigInt;
    use diesel_async::RunQueryDsl;

    use crate::db::error::DbError;
    use crate::db::pg::connection::Conn;

    /// The lock of key rotations, so that gateways rotate one after the other: "menjikey" in ASCII.
    const LOCK: i64 = 0x6d65_6e6a_696b_6579;

    /// Waits until no other transaction changes the keys. The lock is held until the end of the transaction.
    pub async fn lock(conn: &mut Conn) -> Result<(), DbError> {
        diesel::sql_query("SELECT pg_advisory_xact_lock($1)").bind::<BigInt, _>(LOCK).execute(conn).await?;
        Ok(())
    }
}
