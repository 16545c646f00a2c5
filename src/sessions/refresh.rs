//! Refresh tokens: one family per session, rotated at each use.
//!
//! A token is `session | generation | HMAC-SHA256(derived key; session, generation, salt of the session)`. The database
//! stores the salt (256 random bits) and the newest generation, but no token: a copy of the database opens no session.
//! The next token is computed from the session, so a lost response does no harm: the previous token returns the newest one
//! again, and two tabs that refresh at the same time receive the same one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;

use crate::core::ids::SessionId;
use crate::core::secret::{Digester, ExposeSecret as _, MasterKey, SecretString};
use crate::db::models::Session;

/// Session (16 bytes), generation (4), MAC (32).
const LENGTH: usize = 16 + 4 + 32;

/// Computes and checks refresh tokens.
#[derive(Clone)]
pub struct RefreshTokens(Digester);

/// A token of a request, not verified yet.
pub struct Presented {
    pub session: SessionId,
    pub generation: i32,
    mac: [u8; 32],
}

/// The position of a token in the family of its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The newest token. Using it creates the next one.
    Newest,
    /// The token before the newest one, which was not used yet.
    Previous,
    /// An older token. A later one was used already, so one of the two clients has a stolen copy.
    Spent,
    /// A generation that was never issued.
    Unknown,
}

impl RefreshTokens {
    #[must_use]
    pub fn new(master: &MasterKey) -> Self {
        Self(master.digester("refresh-tokens"))
    }

    /// Returns the token of a generation; `None` for a session without salt, which can have no token.
    #[must_use]
    pub fn token(&self, session: &Session, generation: i32) -> Option<SecretString> {
        let mac = self.mac(session, generation)?;
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend_from_slice(session.id.0.as_bytes());
        bytes.extend_from_slice(&generation.to_be_bytes());
        bytes.extend_from_slice(&mac);
        Some(URL_SAFE_NO_PAD.encode(bytes).into())
    }

    /// Parses a token; `None` for anything else.
    #[must_use]
    pub fn read(token: &SecretString) -> Option<Presented> {
        let bytes = URL_SAFE_NO_PAD.decode(token.expose_secret()).ok()?;
        let (session, rest) = bytes.split_first_chunk::<16>()?;
        let (generation, mac) = rest.split_first_chunk::<4>()?;
        Some(Presented {
            session: SessionId(uuid::Uuid::from_bytes(*session)),
            generation: i32::from_be_bytes(*generation),
            mac: mac.try_into().ok()?,
        })
    }

    /// Compares the token with `session`; `None` when it was never issued.
    #[must_use]
    pub fn standing(&self, presented: &Presented, session: &Session) -> Option<Standing> {
        let mac = self.mac(session, presented.generation)?;
        bool::from(mac.ct_eq(&presented.mac))
            .then(|| standing(presented.generation, session.refresh_generation))
    }

    fn mac(&self, session: &Session, generation: i32) -> Option<[u8; 32]> {
        let salt = URL_SAFE_NO_PAD.encode(session.refresh_salt.as_ref()?);
        Some(self.0.digest(&[&session.id.to_string(), &generation.to_string(), &salt]))
    }
}

/// Compares generations.
fn standing(presented: i32, newest: i32) -> Standing {
    match newest.checked_sub(presented) {
        Some(0) => Standing::Newest,
        Some(1) => Standing::Previous,
        Some(behind) if behind > 1 && presented >= 0 => Standing::Spent,
        _ => Standing::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_newest_two_generations_are_accepted() {
        assert_eq!(standing(7, 7), Standing::Newest);
        assert_eq!(standing(6, 7), Standing::Previous);
        assert_eq!(standing(5, 7), Standing::Spent);
        assert_eq!(standing(0, 7), Standing::Spent);
        assert_eq!(standing(8, 7), Standing::Unknown);
        assert_eq!(standing(-1, 7), Standing::Unknown);
        assert_eq!(standing(i32::MIN, 7), Standing::Unknown);
        assert_eq!(standing(7, i32::MIN), Standing::Unknown);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in ".{0,100}") {
            let _ = RefreshTokens::read(&text.into());
        }

        /// The rule compares generations. What it stands for is that a token was stolen if a later one was used before
        /// it, so the test remembers which tokens were used. Three clients use the token that each of them holds, in
        /// any order, and responses may be lost.
        #[test]
        fn a_token_is_spent_exactly_if_a_later_one_was_used(
            steps in prop::collection::vec((0_usize..3, any::<bool>()), 1..60),
        ) {
            let mut newest = 0;
            let mut latest_used = None;
            let mut held = [0; 3];
            for (client, response_is_lost) in steps {
                let token = held[client];
                let expected = latest_used.is_some_and(|used| used > token);
                let standing = standing(token, newest);
                prop_assert_eq!(standing == Standing::Spent, expected, "{} of {}", token, newest);
                if expected {
                    continue;
                }
                latest_used = Some(token);
                newest += i32::from(standing == Standing::Newest);
                if !response_is_lost {
                    held[client] = newest;
                }
            }
        }

        /// The tabs of a browser share one cookie. In each round some of them refresh at once, and each response may be
        /// lost.
        #[test]
        fn parallel_tabs_and_lost_responses_sign_nobody_out(
            rounds in prop::collection::vec(prop::collection::vec(any::<bool>(), 1..4), 1..30),
        ) {
            let (mut newest, mut cookie) = (0, 0);
            for tabs in rounds {
                let sent = cookie;
                for response_is_lost in tabs {
                    let standing = standing(sent, newest);
                    prop_assert!(matches!(standing, Standing::Newest | Standing::Previous), "{:?}", standing);
                    newest += i32::from(standing == Standing::Newest);
                    if !response_is_lost {
                        cookie = newest;
                    }
                }
            }
        }
    }
}
