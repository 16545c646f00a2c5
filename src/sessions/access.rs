//! Access tokens: JWTs in the profile of RFC 9068, checked by the rules of RFC 8725.

use chrono::TimeDelta;
use jsonwebtoken::{Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::hasura::HasuraClaims;
use super::keys::KeyRing;
use crate::config::sessions::SessionSettings;
use crate::core::clock::{Clock, Instant};
use crate::core::ids::{SessionId, UserId};
use crate::core::random::Random;
use crate::core::secret::SecretString;

/// The `typ` of the header (RFC 9068, section 2.1), so that no other token passes for an access token.
const TYPE: &str = "at+jwt";

/// The claims of an access token. They contain no contact and no name, because everybody who has a token can read it.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    pub sub: UserId,
    /// Seconds since the Unix epoch, like the other times.
    pub exp: i64,
    pub nbf: i64,
    pub iat: i64,
    pub jti: Uuid,
    pub sid: SessionId,
    pub roles: Vec<String>,
    /// The claims of Hasura, if they are enabled.
    #[serde(rename = "https://hasura.io/jwt/claims", default, skip_serializing_if = "Option::is_none")]
    pub hasura: Option<HasuraClaims>,
    /// The claims that the operator added.
    #[serde(flatten)]
    pub additional: Map<String, Value>,
}

/// A signed token and its expiry.
pub struct AccessToken {
    pub token: SecretString,
    pub expires_at: Instant,
}

/// Why a token is invalid. For the log only: the client is not told the reason.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TokenError {
    #[error("not a token of this gateway: {0}")]
    Malformed(String),
    #[error("signed by an unknown key")]
    UnknownKey,
    #[error("another type of token")]
    WrongType,
    #[error("expired")]
    Expired,
    #[error("not valid yet")]
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

    /// Issues a token for a session.
    ///
    /// # Errors
    /// The error of the signing library, which is an internal error.
    pub fn issue(
        &self,
        user: UserId,
        session: SessionId,
        roles: Vec<String>,
        additional: Map<String, Value>,
    ) -> Result<AccessToken, TokenError> {
        let now = self.clock.now();
        let lifetime = TimeDelta::from_std(self.settings.access_lifetime).unwrap_or_default();
        // The claim has whole seconds; the reported expiry must not be later.
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
            additional,
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

    /// Checks signature, algorithm, type, issuer, audience and times, in this order. Before the signature is verified, only
    /// the name of the key is used. The key determines the algorithm, and the header must agree.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|error| malformed(&error))?;
        if header.crit.is_some() {
            // RFC 7515, section 4.1.11: no extension is supported.
            return Err(TokenError::Malformed("an extension is critical".into()));
        }
        let kid = header.kid.ok_or(TokenError::UnknownKey)?;
        let key = self.keys.verifying(&kid).await.ok_or(TokenError::UnknownKey)?;
        let mut rules = Validation::new(key.algorithm);
        rules.set_audience(&[&self.settings.audience]);
        rules.set_issuer(&[&self.settings.issuer]);
        rules.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        // The library reads the system clock. The injected clock is used below instead.
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

/// The errors of the library name the problem and never the content of the token.
fn malformed(error: &jsonwebtoken::errors::Error) -> TokenError {
    TokenError::Malformed(error.to_string())
}
