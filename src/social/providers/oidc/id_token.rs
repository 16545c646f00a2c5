//! Verifies ID tokens (`OpenID` Connect Core 1.0, sections 3.1.3.6 and 3.1.3.7).

use aws_lc_rs::digest::{self, SHA256, SHA384, SHA512};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::core::clock::Instant;
use crate::social::provider::ProviderError;
use crate::social::values;

/// The allowed signature algorithms. None is symmetric, so a public key cannot be used as a shared secret.
const ALGORITHMS: [Algorithm; 5] =
    [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA];
/// The tolerated clock difference in seconds.
const SKEW: f64 = 60.0;

/// The values that the token must match.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    /// The access token of the same response.
    pub(super) access: &'a str,
    pub(super) now: Instant,
}

/// The claims of an ID token.
#[derive(Deserialize)]
pub(super) struct Claims {
    iss: String,
    pub(super) sub: String,
    aud: Audience,
    azp: Option<String>,
    /// Seconds since 1970, possibly with a fraction, as in the next two claims.
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    nonce: Option<String>,
    at_hash: Option<String>,
    /// All other claims, such as name and e-mail address.
    #[serde(flatten)]
    pub(super) rest: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Returns the header, which selects the key. It is not verified yet.
///
/// # Errors
/// [`ProviderError::Unavailable`] if the algorithm is not allowed.
pub(super) fn header(token: &str) -> Result<Header, ProviderError> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| invalid("an invalid header"))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(invalid("an algorithm that is not allowed"));
    }
    // RFC 7515, section 4.1.11: tokens with unknown critical headers must be refused.
    if header.crit.is_some() {
        return Err(invalid("a critical header"));
    }
    Ok(header)
}

/// Verifies the signature and the claims, and returns the claims.
///
/// # Errors
/// [`ProviderError::Rejected`] for the token of another sign-in. [`ProviderError::Unavailable`] for every other error,
/// because the browser cannot have caused it.
pub(super) fn verify(
    token: &str,
    algorithm: Algorithm,
    key: &Jwk,
    expected: &Expected<'_>,
) -> Result<Claims, ProviderError> {
    let key = DecodingKey::from_jwk(key).map_err(|_| invalid("an invalid key"))?;
    let mut validation = Validation::new(algorithm);
    // The library uses the system clock and accepts tokens without an audience, so both checks are made below.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation)
        .map_err(|_| invalid("a wrong signature or invalid claims"))?
        .claims;
    claims.check(algorithm, expected)?;
    Ok(claims)
}

impl Claims {
    fn check(&self, algorithm: Algorithm, expected: &Expected<'_>) -> Result<(), ProviderError> {
        if !is_issuer(&self.iss, expected.issuer) {
            return Err(invalid("another issuer"));
        }
        let (included, several) = match &self.aud {
            Audience::One(one) => (one == expected.client_id, false),
            Audience::Many(all) => (all.iter().any(|one| one == expected.client_id), all.len() > 1),
        };
        if !included {
            return Err(invalid("another audience"));
        }
        if self.azp.as_deref().map_or(several, |azp| azp != expected.client_id) {
            return Err(invalid("another authorized party"));
        }
        #[expect(clippy::cast_precision_loss, reason = "exact until the year 285 million")]
        let now = expected.now.timestamp_micros() as f64 / 1e6;
        if self.exp <= now - SKEW {
            return Err(invalid("an expiry in the past; check the clock of this machine"));
        }
        if self.iat > now + SKEW || self.nbf.is_some_and(|nbf| nbf > now + SKEW) {
            return Err(invalid("a start time in the future; check the clock of this machine"));
        }
        if self.at_hash.as_ref().is_some_and(|hash| *hash != half_hash(algorithm, expected.access)) {
            return Err(invalid("the hash of another access token"));
        }
        if values::subject(&self.sub).is_none() {
            return Err(invalid("an invalid `sub`"));
        }
        // This check is the last, because only this error can be caused by the browser, with the code of another sign-in.
        if self.nonce.as_deref() != Some(expected.nonce) {
            return Err(ProviderError::Rejected { code: Some("nonce".into()) });
        }
        Ok(())
    }
}

/// Compares the issuer. Google may omit `https://`, as its `OpenID` Connect reference documents.
fn is_issuer(claim: &str, issuer: &str) -> bool {
    claim == issuer || issuer == "https://accounts.google.com" && claim == "accounts.google.com"
}

/// Returns the left half of the digest, as `at_hash` requires. The hash function depends on the algorithm.
fn half_hash(algorithm: Algorithm, token: &str) -> String {
    #[expect(clippy::wildcard_enum_match_arm, reason = "all other allowed algorithms use SHA-256")]
    let hash = match algorithm {
        Algorithm::ES384 => &SHA384,
        Algorithm::EdDSA => &SHA512, // Ed25519 is the only allowed curve
        _ => &SHA256,
    };
    let digest = digest::digest(hash, token.as_bytes());
    URL_SAFE_NO_PAD.encode(&digest.as_ref()[..digest.as_ref().len() / 2])
}

fn invalid(what: &str) -> ProviderError {
    ProviderError::Unavailable(format!("the ID token has {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_google_may_omit_the_scheme_of_the_issuer() {
        let google = "https://accounts.google.com";
        assert!(is_issuer(google, google) && is_issuer("accounts.google.com", google));
        assert!(!is_issuer("sso.example", "https://sso.example"));
        assert!(!is_issuer("accounts.google.com", "https://sso.example"));
        assert!(!is_issuer(google, "https://sso.example"));
    }

    /// The example of `OpenID` Connect Core 1.0, appendix A.3.
    #[test]
    fn the_access_token_hash_matches_the_specification() {
        assert_eq!(
            half_hash(Algorithm::RS256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
            "77QmUPtjPfzWtF2AnpK9RQ"
        );
        assert_eq!(half_hash(Algorithm::ES384, "a").len(), 32);
        assert_eq!(half_hash(Algorithm::EdDSA, "a").len(), 43);
    }
}
