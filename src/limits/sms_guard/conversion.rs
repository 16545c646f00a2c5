//! The share of the codes sent to a prefix that were used. Codes for pumped numbers are hardly ever used.

use chrono::TimeDelta;

use crate::config::sms_guard::SmsGuardSettings;
use crate::core::clock::Instant;
use crate::db::sms_counters::SmsCounter;

/// In seconds. Counters are kept per period of this length.
const BUCKET: i64 = 600;
/// A code that was just sent cannot have been used yet: the life of a code and a minute.
const MATURITY: TimeDelta = TimeDelta::seconds(660);

/// How many of the codes sent to a prefix were used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Conversion {
    Good,
    Doubtful,
    Stopped,
}

/// Returns the scope of the counters of a prefix.
pub(super) fn scope(prefix: &str) -> String {
    format!("conversion:{prefix}")
}

/// Returns the start of the period.
pub(super) fn bucket_of(at: Instant) -> Instant {
    let seconds = at.timestamp();
    at - TimeDelta::seconds(seconds.rem_euclid(BUCKET))
        - TimeDelta::nanoseconds(i64::from(at.timestamp_subsec_nanos()))
}

/// Returns the number of codes that are old enough to have been used, and of those that were used.
pub(super) fn totals(rows: &[SmsCounter], now: Instant) -> (u64, u64) {
    let whole = |n: i64| u64::try_from(n).unwrap_or(0);
    let mature = |row: &&SmsCounter| row.bucket.0 + TimeDelta::seconds(BUCKET) + MATURITY <= now;
    let sent = rows.iter().filter(mature).map(|row| whole(row.messages)).sum();
    (sent, rows.iter().map(|row| whole(row.used)).sum())
}

pub(super) fn judge((sent, used): (u64, u64), settings: &SmsGuardSettings) -> Conversion {
    let percent = used.saturating_mul(100).checked_div(sent).unwrap_or(100);
    if sent < settings.conversion_min || percent >= settings.conversion_captcha {
        Conversion::Good
    } else if percent >= settings.conversion_stop {
        Conversion::Doubtful
    } else {
        Conversion::Stopped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::limits::LimitSettings;
    use crate::config::reader::{Reader, Source};
    use crate::db::types::Ts;

    fn at(seconds: i64) -> Instant {
        Instant::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn row(seconds: i64, messages: i64, used: i64) -> SmsCounter {
        SmsCounter {
            bucket: Ts(bucket_of(at(seconds))),
            scope: scope("+861380013"),
            messages,
            money: 0,
            used,
        }
    }

    #[test]
    fn codes_count_once_they_could_have_been_used() {
        let rows = [row(0, 30, 2), row(600, 40, 3)];
        assert_eq!(totals(&rows, at(1_259)), (0, 5));
        assert_eq!(totals(&rows, at(1_260)), (30, 5));
        assert_eq!(totals(&rows, at(1_860)), (70, 5));
        assert_eq!(bucket_of(at(599)), at(0));
    }

    #[test]
    fn few_used_codes_are_doubtful_and_hardly_any_stop_the_prefix() {
        let settings = LimitSettings::read(&mut Reader::new(Source::default())).sms_guard;
        let judge = |sent, used| judge((sent, used), &settings);
        assert_eq!(judge(0, 0), Conversion::Good);
        assert_eq!(judge(19, 0), Conversion::Good);
        assert_eq!(judge(20, 8), Conversion::Good);
        assert_eq!(judge(20, 7), Conversion::Doubtful);
        assert_eq!(judge(20, 3), Conversion::Doubtful);
        assert_eq!(judge(20, 2), Conversion::Stopped);
        assert_eq!(judge(10, 30), Conversion::Good);
    }
}
