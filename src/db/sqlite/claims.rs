//! Claims on work that several gateways share, for SQLite.

/// Messages that are due.
pub mod messages {
    use diesel::prelude::*;
    use diesel_async::RunQueryDsl;

    use crate::core::clock::Instant;
    use crate::db::error::DbError;
    use crate::db::models::DueMessage;
    use crate::db::schema::messages;
    use crate::db::sqlite::Conn;
    use crate::db::types::{MessageStatus, Ts, Uid};

    pub async fn claim_due(
        conn: &mut Conn,
        now: Instant,
        lease: Uid,
        leased_until: Instant,
        limit: i64,
    ) -> Result<Vec<DueMessage>, DbError> {
        // BEGIN IMMEDIATE: no other transaction writes between the select and the update.
        write_tx!(conn, async |conn: &mut Conn| {
            let free = messages::leased_until.is_null().or(messages::leased_until.le(Ts(now)));
            let due = messages::table
                .filter(messages::status.eq(MessageStatus::Queued))
                .filter(messages::next_attempt_at.le(Ts(now)))
                .filter(free)
                .order(messages::next_attempt_at.asc())
                .limit(limit)
                .select(messages::id);
            let due: Vec<Uid> = due.load(conn).await?;
            let mut claimed = Vec::with_capacity(due.len());
            for id in due {
                let row = diesel::update(messages::table.filter(messages::id.eq(id)))
                    .set((
                        messages::lease.eq(Some(lease)),
                        messages::leased_until.eq(Some(Ts(leased_until))),
                        messages::attempts.eq(messages::attempts + 1),
                    ))
                    .returning(DueMessage::as_returning());
                claimed.push(row.get_result(conn).await?);
            }
            Ok(claimed)
        })
    }
}

/// The keys that sign access tokens.
pub mod keys {
    use crate::db::error::DbError;
    use crate::db::sqlite::Conn;

    /// Does nothing: `BEGIN IMMEDIATE` already excludes other writers.
    #[expect(clippy::unused_async, reason = "the other backend sends a query")]
    pub async fn lock(_: &mut Conn) -> Result<(), DbError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use diesel::prelude::*;
    use diesel_async::RunQueryDsl;

    use crate::core::ids::MessageId;
    use crate::db::models::{MessageEnd, NewMessage};
    use crate::db::schema::messages;
    use crate::db::sqlite::queries::messages::{finish_message, insert};
    use crate::db::sqlite::{connect, migrate};
    use crate::db::types::{Channel, MessageStatus, Ts, Uid};

    #[tokio::test(flavor = "multi_thread")]
    async fn a_final_status_clears_destination_and_payload() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("menjin.db").display().to_string();
        migrate(&path).await.unwrap();
        let mut conn = connect(path).await.unwrap();
        let (id, lease) = (MessageId(uuid::Uuid::nil()), Uid(uuid::Uuid::max()));
        let at = DateTime::UNIX_EPOCH;
        let message = NewMessage {
            id,
            channel: Channel::Sms,
            kind: "code.login".into(),
            language: "en".into(),
            destination: vec![1],
            masked: String::new(),
            payload: vec![2, 3],
            status: MessageStatus::Queued,
            attempts: 0,
            next_attempt_at: Ts(at),
            expires_at: Ts(at),
            created_at: Ts(at),
            updated_at: Ts(at),
        };
        insert(&mut conn, &message).await.unwrap();
        let claimed = super::messages::claim_due(&mut conn, at, lease, at, 1).await.unwrap();
        assert_eq!(claimed[0].payload, [2, 3]);
        let end = MessageEnd {
            status: MessageStatus::Sent,
            provider: Some("inbox"),
            provider_ref: None,
            last_error: None,
            tried: None,
        };
        finish_message(&mut conn, id, lease, &end, at).await.unwrap();
        let left = messages::table.select((messages::destination, messages::payload));
        let left: (Vec<u8>, Vec<u8>) = left.first(&mut conn).await.unwrap();
        assert_eq!(left, (Vec::new(), Vec::new()));
    }
}
