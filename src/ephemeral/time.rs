//! Microseconds, which both stores count in, and back.

use std::time::Duration;

use crate::core::clock::Instant;

/// The moment `micros` microseconds after the Unix epoch.
pub(super) fn instant(micros: i64) -> Instant {
    Instant::from_timestamp_micros(micros).unwrap_or(Instant::UNIX_EPOCH)
}

/// A length of time in whole microseconds.
#[must_use]
pub fn micros(length: Duration) -> i64 {
    i64::try_from(length.as_micros()).unwrap_or(i64::MAX)
}
