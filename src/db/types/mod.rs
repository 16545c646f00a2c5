//! Types of columns.
//!
//! Moments and UUIDs have SQL types of their own, so that one `schema.rs` serves both backends: the built-in ones exist
//! for PostgreSQL or for SQLite, never for both, and the orphan rule forbids adding them. Words are enums (`text.rs`).

mod audit_kind;
mod roles;
mod session_method;
mod text;

use chrono::{DateTime, SecondsFormat};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::SqlType;
use diesel::sqlite::{Sqlite, SqliteValue};
use serde::{Serialize, Serializer};
use uuid::Uuid;

pub use audit_kind::Kind;
pub use roles::RolesJson;
pub use session_method::SessionMethod;
pub use text::{AccountStatus, Channel, KeyState, MessageStatus, WebhookStatus};

use crate::core::clock::Instant;
use crate::core::ids::{AuditId, IdentityId, MergeId, MessageId, SessionId, UserId};

/// `TIMESTAMPTZ` on PostgreSQL, microseconds since the Unix epoch as `INTEGER` on SQLite.
#[derive(SqlType, QueryId, Debug, Clone, Copy)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185), sqlite_type(name = "Long"))]
pub struct UtcTimestamp;

/// `UUID` on PostgreSQL, a `BLOB` of 16 bytes on SQLite.
#[derive(SqlType, QueryId, Debug, Clone, Copy)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951), sqlite_type(name = "Binary"))]
pub struct DbUuid;

/// A moment in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = UtcTimestamp)]
pub struct Ts(pub Instant);

impl From<Instant> for Ts {
    fn from(instant: Instant) -> Self {
        Self(instant)
    }
}

/// RFC 3339 in whole seconds, as in the export of an account.
impl Serialize for Ts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.to_rfc3339_opts(SecondsFormat::Secs, true))
    }
}

/// Microseconds between the Unix epoch and 2000-01-01, from which PostgreSQL counts.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

fn instant(micros: i64) -> deserialize::Result<Ts> {
    DateTime::from_timestamp_micros(micros).map(Ts).ok_or_else(|| "timestamp out of range".into())
}

impl ToSql<UtcTimestamp, Pg> for Ts {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let micros = self.0.timestamp_micros() - POSTGRES_EPOCH;
        ToSql::<diesel::sql_types::BigInt, Pg>::to_sql(&micros, &mut out.reborrow())
    }
}

impl FromSql<UtcTimestamp, Pg> for Ts {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<diesel::sql_types::BigInt, Pg>>::from_sql(value)?;
        instant(micros.saturating_add(POSTGRES_EPOCH))
    }
}

impl ToSql<UtcTimestamp, Sqlite> for Ts {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.timestamp_micros());
        Ok(IsNull::No)
    }
}

impl FromSql<UtcTimestamp, Sqlite> for Ts {
    fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        instant(<i64 as FromSql<diesel::sql_types::BigInt, Sqlite>>::from_sql(value)?)
    }
}

/// A UUID in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = DbUuid)]
pub struct Uid(pub Uuid);

impl ToSql<DbUuid, Pg> for Uid {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        std::io::Write::write_all(out, self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<DbUuid, Pg> for Uid {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::from_slice(value.as_bytes())?))
    }
}

impl ToSql<DbUuid, Sqlite> for Uid {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_bytes().as_slice());
        Ok(IsNull::No)
    }
}

impl FromSql<DbUuid, Sqlite> for Uid {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::from_slice(value.read_blob())?))
    }
}

macro_rules! typed_ids {
    ($($id:ident),+) => {$(
        impl From<$id> for Uid {
            fn from(id: $id) -> Self {
                Self(id.0)
            }
        }
        impl From<Uid> for $id {
            fn from(id: Uid) -> Self {
                Self(id.0)
            }
        }
    )+};
}

typed_ids!(UserId, SessionId, MessageId, AuditId, IdentityId, MergeId);
