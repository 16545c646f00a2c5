//! Typed identifiers: UUID version 7 (RFC 9562), so that rows sort by age. Identifiers are not secrets.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::clock::Clock;
use super::random::Random;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// Builds an identifier from the current time, the number of identifiers in this millisecond, and 62 random
            /// bits.
            #[must_use]
            pub fn new(clock: &Clock, random: &Random) -> Self {
                Self(new_uuid(clock, random))
            }

            /// Reads the canonical text form; `None` for anything else.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Uuid::try_parse(text).ok().filter(|id| id.to_string() == text).map(Self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

/// Identifiers of one process also sort by age within a millisecond: the 12 bits after the time are a counter (RFC
/// 9562, section 6.2, method 1).
fn new_uuid(clock: &Clock, random: &Random) -> Uuid {
    let (millis, number) = clock.tick();
    let mut tail: [u8; 10] = random.bytes();
    let [high, low] = number.to_be_bytes();
    tail[0] = high;
    tail[1] = low;
    uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid()
}

ids! {
    /// A person's account; the `sub` of access tokens.
    UserId;
    /// A sign-in on one device; the `sid` of access tokens.
    SessionId;
    /// A message in the outbox.
    MessageId;
    /// An identity at a social provider, linked to an account.
    IdentityId;
    /// A merge of two accounts.
    MergeId;
    /// An entry of the audit log.
    AuditId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_sort_by_age_and_read_back() {
        let (clock, random) = (Clock::manual(chrono::DateTime::UNIX_EPOCH), Random::seeded(7));
        let first = UserId::new(&clock, &random);
        clock.advance(chrono::TimeDelta::milliseconds(1));
        let second = UserId::new(&clock, &random);
        assert!(first < second);
        let third = UserId::new(&clock, &random);
        assert!(second < third, "identifiers of one millisecond are in order too");
        assert_eq!(UserId::parse(&first.to_string()), Some(first));
        assert_eq!(UserId::parse(&first.to_string().to_uppercase()), None);
        assert_eq!(first.0.get_version_num(), 7);
    }
}
