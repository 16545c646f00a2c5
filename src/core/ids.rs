//! Typed identifiers: UUID version 7 (RFC 9562), so that rows sort by age. They name things; they are no secrets.

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
            /// A new identifier, made of the present moment and 74 random bits.
            #[must_use]
            pub fn new(clock: &Clock, random: &Random) -> Self {
                let millis = u64::try_from(clock.now().timestamp_millis()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random.bytes()).into_uuid())
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

ids! {
    /// A person's account; the `sub` of access tokens.
    UserId;
    /// A sign-in on one device; the `sid` of access tokens.
    SessionId;
    /// A message in the outbox.
    MessageId;
    /// A person of a social provider, bound to an account.
    IdentityId;
    /// Two accounts that were made one.
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
        assert_eq!(UserId::parse(&first.to_string()), Some(first));
        assert_eq!(UserId::parse(&first.to_string().to_uppercase()), None);
        assert_eq!(first.0.get_version_num(), 7);
    }
}
