//! Conversions from and to microseconds, the unit of both stores.

use std::time::Duration;

use crate::core::clock::Instant;

/// Returns the time `micros` microseconds after the Unix epoch.
pub(super) fn instant(micros: i64) -> Instant {
    Instant::from_timestamp_micros(micros).unwrap_or(Instant::UNIX_EPOCH)
}

/// Returns a duration in whole microseconds.
#[must_use]
pub fn micros(length: Duration) -> i64 {
    i64::try_from(length.as_micros()).unwrap_or(i64::MAX)
}
