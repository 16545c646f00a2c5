//! Upstream tokens: what a proxy hands to a service in place of the caller's access token, good for one request.
//!
//! They are signed by the same keys and say the same as access tokens, under a type and an audience of their own: a
//! service that leaks one has not leaked what opens the gateway.

use std::time::Duration;

use chrono::TimeDelta;
use jsonwebtoken::Header;

use super::access::{Claims, TokenError};
use super::keys::KeyRing;
use crate::config::services::ServiceSettings;
use crate::core::clock::Clock;
use crate::core::random::Random;
use crate::core::secret::SecretString;

/// `typ` of the header: it never passes for an access token.
const TYPE: &str = "upstream+jwt";

/// Signs upstream tokens. Cheap to clone.
#[derive(Clone)]
pub struct UpstreamTokens {
    keys: KeyRing,
    clock: Clock,
    random: Random,
    audience: String,
    lifetime: Duration,
    leeway: Duration,
}

impl UpstreamTokens {
    /// `leeway`: how far the clock of a service may be behind ours.
    #[must_use]
    pub fn new(
        keys: KeyRing,
        clock: Clock,
        random: Random,
        settings: &ServiceSettings,
        leeway: Duration,
    ) -> Self {
        let (audience, lifetime) = (settings.upstream_audience.clone(), settings.upstream_lifetime);
        Self { keys, clock, random, audience, lifetime, leeway }
    }

    /// A token that says what `access`, the claims of an access token that holds, says. It may outlive that one by its
    /// own short life: it tells that this request came with good credentials.
    ///
    /// # Errors
    /// What the signing library says: a fault of ours.
    pub fn issue(&self, access: &Claims) -> Result<SecretString, TokenError> {
        let now = self.clock.now();
        let span = |length| TimeDelta::from_std(length).unwrap_or_default();
        let claims = Claims {
            aud: self.audience.clone(),
            exp: (now + span(self.lifetime)).timestamp(),
            // Verifiers of services seldom forgive a clock that is behind.
            nbf: (now - span(self.leeway)).timestamp(),
            iat: now.timestamp(),
            jti: uuid::Builder::from_random_bytes(self.random.bytes()).into_uuid(),
            hasura: None,
            ..access.clone()
        };
        let signing = self.keys.signing().ok_or(TokenError::UnknownKey)?;
        let mut header = Header::new(signing.algorithm);
        header.typ = Some(TYPE.into());
        header.kid = Some(signing.kid.clone());
        let token = jsonwebtoken::encode(&header, &claims, &signing.key);
        token.map(Into::into).map_err(|error| TokenError::Malformed(error.to_string()))
    }
}
