//! The provider's public keys (RFC 7517).

use chrono::TimeDelta;
use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::cached::Cached;
use crate::core::clock::Clock;
use crate::social::client::HttpClient;
use crate::social::provider::ProviderError;

/// How long keys are cached.
const LIFETIME: TimeDelta = TimeDelta::hours(1);
/// An unknown key may be new, so the keys are fetched again, but at most once per minute.
const MIN_REFETCH_INTERVAL: TimeDelta = TimeDelta::minutes(1);

/// The provider's keys, fetched on demand.
pub(super) struct Jwks(Cached<Vec<Jwk>>);

impl Jwks {
    pub(super) fn new(clock: Clock) -> Self {
        Self(Cached::new(clock))
    }

    /// Returns the key with this key id for this algorithm.
    ///
    /// # Errors
    /// [`ProviderError::Unavailable`] if the provider has no such key.
    pub(super) async fn find(
        &self,
        http: &HttpClient,
        url: &Url,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Jwk, ProviderError> {
        for max_age in [LIFETIME, MIN_REFETCH_INTERVAL] {
            let keys = self.0.get(max_age, fetch(http, url)).await?;
            if let Some(key) = choose(&keys, kid, algorithm) {
                return Ok(key.clone());
            }
        }
        Err(ProviderError::Unavailable("the ID token is not signed by a key of the provider".into()))
    }
}

async fn fetch(http: &HttpClient, url: &Url) -> Result<Vec<Jwk>, ProviderError> {
    #[derive(Deserialize)]
    struct KeySet {
        keys: Vec<Value>,
    }
    let response = http.get(url.clone(), &[("accept", "application/json")]).await?;
    if response.status != 200 {
        return Err(ProviderError::Unavailable(format!("the key set returned status {}", response.status)));
    }
    let set: KeySet = serde_json::from_str(&response.text)
        .map_err(|error| ProviderError::Unavailable(format!("invalid key set: {error}")))?;
    // Keys of unsupported types are ignored (section 5).
    Ok(set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect())
}

/// Returns the matching key. Without a key id, exactly one key must match (`OpenID` Connect Core, section 10.1).
fn choose<'a>(keys: &'a [Jwk], kid: Option<&str>, algorithm: Algorithm) -> Option<&'a Jwk> {
    let mut matching = keys.iter().filter(|key| {
        allows(key, algorithm) && kid.is_none_or(|kid| key.common.key_id.as_deref() == Some(kid))
    });
    let first = matching.next();
    if kid.is_none() && matching.next().is_some() { None } else { first }
}

/// Returns whether the key may verify signatures of the algorithm, by its type, curve, use, operations and algorithm.
fn allows(key: &Jwk, algorithm: Algorithm) -> bool {
    #[expect(clippy::wildcard_enum_match_arm, reason = "every other type is refused")]
    let kind = match &key.algorithm {
        AlgorithmParameters::RSA(_) => matches!(algorithm, Algorithm::RS256 | Algorithm::PS256),
        AlgorithmParameters::EllipticCurve(curve) => match curve.curve {
            EllipticCurve::P256 => algorithm == Algorithm::ES256,
            EllipticCurve::P384 => algorithm == Algorithm::ES384,
            _ => false,
        },
        AlgorithmParameters::OctetKeyPair(pair) => {
            pair.curve == EllipticCurve::Ed25519 && algorithm == Algorithm::EdDSA
        }
        _ => false,
    };
    let common = &key.common;
    kind && common.public_key_use.as_ref().is_none_or(|key_use| *key_use == PublicKeyUse::Signature)
        && common.key_operations.as_ref().is_none_or(|operations| operations.contains(&KeyOperations::Verify))
        && common.key_algorithm.is_none_or(|stated| stated == KeyAlgorithm::from(algorithm))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys(keys: Value) -> Vec<Jwk> {
        serde_json::from_value(keys).unwrap()
    }

    #[test]
    fn the_use_and_the_algorithm_of_a_key_are_respected() {
        let rsa = json!({ "kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB" });
        let with = |name: &str, value: Value| {
            let mut key = rsa.clone();
            key[name] = value;
            keys(json!([key]))
        };
        for (key, allowed) in [
            (keys(json!([rsa])), true),
            (with("use", json!("sig")), true),
            (with("use", json!("enc")), false),
            (with("key_ops", json!(["verify"])), true),
            (with("key_ops", json!(["encrypt"])), false),
            (with("alg", json!("RS256")), true),
            (with("alg", json!("PS256")), false),
            (with("alg", json!("RSA-OAEP")), false),
        ] {
            assert_eq!(choose(&key, Some("a"), Algorithm::RS256).is_some(), allowed, "{key:?}");
            assert!(choose(&key, Some("b"), Algorithm::RS256).is_none());
            for other in [Algorithm::HS256, Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA] {
                assert!(choose(&key, Some("a"), other).is_none(), "{other:?}");
            }
        }
    }

    #[test]
    fn every_curve_has_its_algorithm_and_shared_keys_are_refused() {
        let all = keys(json!([
            { "kty": "EC", "kid": "256", "crv": "P-256", "x": "AA", "y": "AA" },
            { "kty": "EC", "kid": "384", "crv": "P-384", "x": "AA", "y": "AA" },
            { "kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": "AA" },
            { "kty": "oct", "kid": "oct", "k": "AA" },
        ]));
        let (es256, es384, ed) = (Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA);
        for (kid, algorithm) in [("256", Some(es256)), ("384", Some(es384)), ("ed", Some(ed)), ("oct", None)]
        {
            for asked in [es256, es384, ed, Algorithm::RS256, Algorithm::HS256] {
                assert_eq!(
                    choose(&all, Some(kid), asked).is_some(),
                    algorithm == Some(asked),
                    "{kid} {asked:?}"
                );
            }
        }
    }

    #[test]
    fn without_a_key_id_exactly_one_key_must_match() {
        let one = json!({ "kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB" });
        let other = json!({ "kty": "EC", "kid": "b", "crv": "P-256", "x": "AA", "y": "AA" });
        assert!(choose(&keys(json!([one, other])), None, Algorithm::RS256).is_some());
        assert!(choose(&keys(json!([one, one])), None, Algorithm::RS256).is_none());
    }
}
