//! Counters of SMS messages.

use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use diesel::{Queryable, Selectable};

use super::schema;
use super::types::Ts;

/// The messages of one period in one scope.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = schema::sms_counters, check_for_backend(Pg, Sqlite))]
pub struct SmsCounter {
    /// The start of the period.
    pub bucket: Ts,
    /// `total`, `region:CN`, `prefix:+861380013`, or `conversion:` and a prefix.
    pub scope: String,
    pub messages: i64,
    /// In ten-thousandths of the currency of the prices.
    pub money: i64,
    /// The number of codes that were used.
    pub used: i64,
}

/// A counter to increase by one message, unless a maximum would be exceeded.
#[derive(Clone, Debug)]
pub struct SmsCap {
    pub scope: String,
    pub max_messages: i64,
    pub max_money: i64,
}
