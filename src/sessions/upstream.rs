//! Upstream tokens: a proxy passes them to a service instead of the caller's access token. They are valid for one request.
//!
//! They have the same keys and claims as access tokens, but another type and audience: a service that leaks one does not
//! leak access to the gateway.

use std::time::Duration;

use chrono::TimeDelta;
use jsonwebtoken::Header;

use super::access::{Claims, TokenError};
use super::keys::KeyRing;
use crate::config::services::ServiceSettings;
use crate::core::clock::Clock;
use crate::core::random::Random;
use crate::core::secret::SecretString;

/// The `typ` of the header, so that the token never passes for an access token.
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
    /// `leeway`: how far the clock of a service may be behind the clock of the gateway.
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

    /// Issues a token with the claims of a valid access token. It can expire slightly later than the access token: it states
    /// that this request was authenticated.
    ///
    /// # Errors
    /// The error of the signing library, which is an internal error.
    pub fn issue(&self, access: &Claims) -> Result<SecretString, TokenError> {
        let now = self.clock.now();
        let span = |length| TimeDelta::from_std(length).unwrap_or_default();
        let claims = Claims {
            aud: self.audience.clone(),
            exp: (now + span(self.lifetime)).timestamp(),
            // Few services tolerate a clock that is behind.
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
