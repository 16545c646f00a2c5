//! Access tokens: JWTs in the profile of RFC 9068, checked by the rules of RFC 8725.

use chrono::TimeDelta;
use jsonwebtoken::{Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::hasura::HasuraClaims;
use super::keys::KeyRing;
use crate::config::sessions::SessionSettings;
use crate::core::clock::{Clock, Instant};
use crate::core::ids::{SessionId, UserId};
use crate::core::random::Random;
use crate::core::secret::SecretString;

/// `typ` of the header (RFC 9068, section 2.1): no other token of ours passes for an access token.
const TYPE: &str = "at+jwt";

/// What an access token says. No address and no name: tokens are readable by everybody who sees them.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    pub sub: UserId,
    /// Seconds since the Unix epoch, as the three others.
    pub exp: i64,
    pub nbf: i64,
    pub iat: i64,
    pub jti: Uuid,
    pub sid: SessionId,
    pub roles: Vec<String>,
    /// Where Hasura looks, when the setting asks for it.
    #[serde(rename = "https://hasura.io/jwt/claims", default, skip_serializing_if = "Option::is_none")]
    pub hasura: Option<HasuraClaims>,
}

/// A signed token and its end.
pub struct AccessToken {
    pub token: SecretString,
    pub expires_at: Instant,
}

/// Why a token does not count. For the log: the caller learns only that it does not.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TokenError {
    #[error("not a token of ours: {0}")]
    Malformed(String),
    #[error("signed by a key that is not ours")]
    UnknownKey,
    #[error("another type of token")]
    WrongType,
    #[error("no longer good")]
    Expired,
    #[error("not good yet")]
    NotYet,
}

/// Signs and verifies access tokens. Cheap to clone.
#[derive(Clone)]
pub struct AccessTokens {
    keys: KeyRing,
    clock: Clock,
    random: Random,
    settings: SessionSettings,
}

impl AccessTokens {
    #[must_use]
    pub fn new(keys: KeyRing, clock: Clock, random: Random, settings: SessionSettings) -> Self {
        Self { keys, clock, random, settings }
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// A token for one session.
    ///
    /// # Errors
    /// What the signing library says: a fault of ours.
    pub fn issue(
        &self,
        user: UserId,
        session: SessionId,
        roles: Vec<String>,
    ) -> Result<AccessToken, TokenError> {
        let now = self.clock.now();
        let lifetime = TimeDelta::from_std(self.settings.access_lifetime).unwrap_or_default();
        // The claim has whole seconds: what we say elsewhere must not outlive it.
        let exp = (now + lifetime).timestamp();
        let hasura =
            self.settings.hasura.then(|| HasuraClaims::new(user, &roles, &self.settings.hasura_role));
        let claims = Claims {
            iss: self.settings.issuer.clone(),
            aud: self.settings.audience.clone(),
            sub: user,
            exp,
            nbf: now.timestamp(),
            iat: now.timestamp(),
            jti: uuid::Builder::from_random_bytes(self.random.bytes()).into_uuid(),
            sid: session,
            roles,
            hasura,
        };
        let signing = self.keys.signing().ok_or(TokenError::UnknownKey)?;
        let mut header = Header::new(signing.algorithm);
        header.typ = Some(TYPE.into());
        header.kid = Some(signing.kid.clone());
        let token =
            jsonwebtoken::encode(&header, &claims, &signing.key).map_err(|error| malformed(&error))?;
        let expires_at = Instant::from_timestamp(exp, 0).unwrap_or(now);
        Ok(AccessToken { token: token.into(), expires_at })
    }

    /// Checks signature, algorithm, type, issuer, audience and times, in this order; nothing in the token is used
    /// before its signature held, but for the name of the key, which is only looked up. The key tells the algorithm; what
    /// the header says must agree.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|error| malformed(&error))?;
        if header.crit.is_some() {
            // RFC 7515, section 4.1.11: there is no extension that we understand.
            return Err(TokenError::Malformed("an extension is critical".into()));
        }
        let kid = header.kid.ok_or(TokenError::UnknownKey)?;
        let key = self.keys.verifying(&kid).await.ok_or(TokenError::UnknownKey)?;
        let mut rules = Validation::new(key.algorithm);
        rules.set_audience(&[&self.settings.audience]);
        rules.set_issuer(&[&self.settings.issuer]);
        rules.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        // The library asks the system clock; ours is injected, so the times are compared below.
        rules.validate_exp = false;
        rules.validate_nbf = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &key.key, &rules)
            .map_err(|error| malformed(&error))?
            .claims;
        if !header.typ.is_some_and(|typ| typ.eq_ignore_ascii_case(TYPE)) {
            return Err(TokenError::WrongType);
        }
        let now = self.clock.now().timestamp();
        let leeway = i64::try_from(self.settings.leeway.as_secs()).unwrap_or(0);
        if now >= claims.exp.saturating_add(leeway) {
            return Err(TokenError::Expired);
        }
        if now < claims.nbf.saturating_sub(leeway) {
            return Err(TokenError::NotYet);
        }
        Ok(claims)
    }
}

/// The library's errors name what is wrong, never what the token holds.
fn malformed(error: &jsonwebtoken::errors::Error) -> TokenError {
    TokenError::Malformed(error.to_string())
}
