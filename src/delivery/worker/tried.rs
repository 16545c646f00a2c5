//! What was tried to deliver a message, as the outbox stores it.

use serde::{Deserialize, Serialize};

use crate::core::clock::Instant;

/// How many attempts are kept. Older ones are left out.
const MAX: usize = 50;

/// One attempt to hand a message to a carrier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Try {
    pub carrier: String,
    pub at: Instant,
    /// `sent`, or the class and the reason of the error.
    pub result: String,
}

/// The attempts, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tried(Vec<Try>);

/// The start of the result of an attempt whose response was lost.
const LOST: &str = "unknown";

impl Tried {
    /// Reads the column. A text that cannot be read counts as no attempt.
    pub(super) fn parse(column: Option<&str>) -> Self {
        Self(column.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default())
    }

    pub(super) fn to_column(&self) -> Option<String> {
        if self.0.is_empty() { None } else { serde_json::to_string(&self.0).ok() }
    }

    /// Records an attempt before it is made. Until its result is known, it counts as one whose response was lost: if the
    /// gateway stops, this is what the next attempt reads.
    pub(super) fn begin(&mut self, carrier: &str, at: Instant) {
        if self.0.len() >= MAX {
            self.0.remove(0);
        }
        let result = format!("{LOST}: the result was not recorded");
        self.0.push(Try { carrier: carrier.to_owned(), at, result });
    }

    /// Records the result of the attempt that began last.
    pub(super) fn end(&mut self, result: String) {
        if let Some(last) = self.0.last_mut() {
            last.result = result;
        }
    }

    /// Records that the response of the attempt that began last was lost.
    pub(super) fn end_lost(&mut self, reason: &str) {
        self.end(format!("{LOST}: {reason}"));
    }

    /// Returns how often the response of a carrier was lost.
    pub(super) fn lost(&self, carrier: &str) -> usize {
        let lost = |attempt: &&Try| attempt.carrier == carrier && attempt.result.starts_with(LOST);
        self.0.iter().filter(lost).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_read_back_and_bounded() {
        let mut tried = Tried::parse(None);
        assert_eq!(tried.to_column(), None);
        for number in 0..60 {
            tried.begin("aliyun", Instant::UNIX_EPOCH);
            tried.end(format!("temporary: {number}"));
        }
        tried.begin("ronglian", Instant::UNIX_EPOCH);
        let read = Tried::parse(tried.to_column().as_deref());
        assert_eq!((read.0.len(), read.lost("ronglian"), read.lost("aliyun")), (MAX, 1, 0));
        assert_eq!(Tried::parse(Some("[")), Tried::default());
    }
}
