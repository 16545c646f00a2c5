//! The ID token and every check of it (`OpenID` Connect Core 1.0, sections 3.1.3.6 and 3.1.3.7).

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

/// By which a token may be signed. None of them is symmetric: a public key cannot be taken for a shared one.
const ALGORITHMS: [Algorithm; 5] =
    [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA];
/// Seconds by which the provider's clock may be wrong.
const SKEW: f64 = 60.0;

/// What the token has to agree with.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    /// The access token that came along.
    pub(super) access: &'a str,
    pub(super) now: Instant,
}

/// What the provider vouches for.
#[derive(Deserialize)]
pub(super) struct Claims {
    iss: String,
    pub(super) sub: String,
    aud: Audience,
    azp: Option<String>,
    /// Seconds since 1970, perhaps with a fraction, as the other two.
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    nonce: Option<String>,
    at_hash: Option<String>,
    /// What it says of the person.
    #[serde(flatten)]
    pub(super) rest: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// The header, which nobody has vouched for yet: it tells which key to take.
///
/// # Errors
/// [`ProviderError::Unavailable`] for an algorithm that is not allowed.
pub(super) fn header(token: &str) -> Result<Header, ProviderError> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| refused("a header that makes no sense"))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(refused("an algorithm that is not allowed"));
    }
    // RFC 7515, section 4.1.11: whoever does not know these must refuse.
    if header.crit.is_some() {
        return Err(refused("a critical header"));
    }
    Ok(header)
}

/// The claims, where signature and claims hold.
///
/// # Errors
/// [`ProviderError::Rejected`] for the token of another sign-in, [`ProviderError::Unavailable`] for all else: what the
/// browser cannot have caused.
pub(super) fn verify(
    token: &str,
    algorithm: Algorithm,
    key: &Jwk,
    expected: &Expected<'_>,
) -> Result<Claims, ProviderError> {
    let key = DecodingKey::from_jwk(key).map_err(|_| refused("a key that makes no sense"))?;
    let mut validation = Validation::new(algorithm);
    // The library asks the system's clock, and lets a token without audience pass.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation)
        .map_err(|_| refused("a wrong signature, or claims that make no sense"))?
        .claims;
    claims.check(algorithm, expected)?;
    Ok(claims)
}

impl Claims {
    fn check(&self, algorithm: Algorithm, expected: &Expected<'_>) -> Result<(), ProviderError> {
        if !is_issuer(&self.iss, expected.issuer) {
            return Err(refused("another issuer"));
        }
        let (among, several) = match &self.aud {
            Audience::One(one) => (one == expected.client_id, false),
            Audience::Many(all) => (all.iter().any(|one| one == expected.client_id), all.len() > 1),
        };
        if !among {
            return Err(refused("another audience"));
        }
        if self.azp.as_deref().map_or(several, |azp| azp != expected.client_id) {
            return Err(refused("another authorized party"));
        }
        #[expect(clippy::cast_precision_loss, reason = "exact until the year 285 million")]
        let now = expected.now.timestamp_micros() as f64 / 1e6;
        if self.exp <= now - SKEW {
            return Err(refused("its end behind it; are both clocks right?"));
        }
        if self.iat > now + SKEW || self.nbf.is_some_and(|nbf| nbf > now + SKEW) {
            return Err(refused("its beginning ahead; are both clocks right?"));
        }
        if self.at_hash.as_ref().is_some_and(|hash| *hash != half_hash(algorithm, expected.access)) {
            return Err(refused("another access token"));
        }
        if values::subject(&self.sub).is_none() {
            return Err(refused("a `sub` that makes no sense"));
        }
        // Last, since this alone may be the browser's doing: it brought the code of another sign-in.
        if self.nonce.as_deref() != Some(expected.nonce) {
            return Err(ProviderError::Rejected { code: Some("nonce".into()) });
        }
        Ok(())
    }
}

/// Google writes its issuer without `https://` for clients of old (its reference of `OpenID` Connect says so).
fn is_issuer(said: &str, issuer: &str) -> bool {
    said == issuer || issuer == "https://accounts.google.com" && said == "accounts.google.com"
}

/// The left half of the digest that goes with the algorithm.
fn half_hash(algorithm: Algorithm, token: &str) -> String {
    #[expect(clippy::wildcard_enum_match_arm, reason = "all others that are allowed go with SHA-256")]
    let by = match algorithm {
        Algorithm::ES384 => &SHA384,
        Algorithm::EdDSA => &SHA512, // Ed25519 is the one curve that is allowed
        _ => &SHA256,
    };
    let digest = digest::digest(by, token.as_bytes());
    URL_SAFE_NO_PAD.encode(&digest.as_ref()[..digest.as_ref().len() / 2])
}

fn refused(what: &str) -> ProviderError {
    ProviderError::Unavailable(format!("the ID token has {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_google_may_leave_out_the_scheme() {
        let google = "https://accounts.google.com";
        assert!(is_issuer(google, google) && is_issuer("accounts.google.com", google));
        assert!(!is_issuer("sso.example", "https://sso.example"));
        assert!(!is_issuer("accounts.google.com", "https://sso.example"));
        assert!(!is_issuer(google, "https://sso.example"));
    }

    /// `OpenID` Connect Core 1.0, appendix A.3: the ID token that comes with that access token.
    #[test]
    fn the_hash_is_that_of_the_specification() {
        assert_eq!(
            half_hash(Algorithm::RS256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
            "77QmUPtjPfzWtF2AnpK9RQ"
        );
        assert_eq!(half_hash(Algorithm::ES384, "a").len(), 32);
        assert_eq!(half_hash(Algorithm::EdDSA, "a").len(), 43);
    }
}
