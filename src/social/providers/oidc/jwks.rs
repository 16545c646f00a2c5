//! The provider's keys (RFC 7517).

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

/// Keys are asked for anew after that.
const LIFETIME: TimeDelta = TimeDelta::hours(1);
/// A key that is not known may be a new one; no more often than that is it looked for.
const LOOK_AGAIN: TimeDelta = TimeDelta::minutes(1);

/// The provider's keys, asked for when they are needed.
pub(super) struct Jwks(Cached<Vec<Jwk>>);

impl Jwks {
    pub(super) fn new(clock: Clock) -> Self {
        Self(Cached::new(clock))
    }

    /// The key of that name that signs by that algorithm.
    ///
    /// # Errors
    /// [`ProviderError::Unavailable`] where there is none.
    pub(super) async fn find(
        &self,
        http: &HttpClient,
        address: &Url,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Jwk, ProviderError> {
        for age in [LIFETIME, LOOK_AGAIN] {
            let keys = self.0.get(age, fetch(http, address)).await?;
            if let Some(key) = choose(&keys, kid, algorithm) {
                return Ok(key.clone());
            }
        }
        Err(ProviderError::Unavailable("the ID token is signed by no key of the provider's".into()))
    }
}

async fn fetch(http: &HttpClient, address: &Url) -> Result<Vec<Jwk>, ProviderError> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }
    let answer = http.get(address.clone(), &[("accept", "application/json")]).await?;
    if answer.status != 200 {
        return Err(ProviderError::Unavailable(format!("the key set answers with {}", answer.status)));
    }
    let set: Set = serde_json::from_str(&answer.text)
        .map_err(|error| ProviderError::Unavailable(format!("the key set makes no sense: {error}")))?;
    // Keys of kinds that are not known are none of ours (section 5).
    Ok(set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect())
}

/// Without a name there must be no choice (`OpenID` Connect Core, section 10.1).
fn choose<'a>(keys: &'a [Jwk], kid: Option<&str>, algorithm: Algorithm) -> Option<&'a Jwk> {
    let mut fitting = keys.iter().filter(|key| {
        fits(key, algorithm) && kid.is_none_or(|kid| key.common.key_id.as_deref() == Some(kid))
    });
    let first = fitting.next();
    if kid.is_none() && fitting.next().is_some() { None } else { first }
}

/// Whether the key's own words allow it to verify that: its type and curve, what it is for, its algorithm.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    #[expect(clippy::wildcard_enum_match_arm, reason = "what is not named here is refused")]
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
    kind && common.public_key_use.as_ref().is_none_or(|used| *used == PublicKeyUse::Signature)
        && common.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify))
        && common.key_algorithm.is_none_or(|said| said == KeyAlgorithm::from(algorithm))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys(keys: Value) -> Vec<Jwk> {
        serde_json::from_value(keys).unwrap()
    }

    #[test]
    fn a_key_is_used_only_as_it_allows() {
        let rsa = json!({ "kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB" });
        let with = |name: &str, value: Value| {
            let mut key = rsa.clone();
            key[name] = value;
            keys(json!([key]))
        };
        for (key, good) in [
            (keys(json!([rsa])), true),
            (with("use", json!("sig")), true),
            (with("use", json!("enc")), false),
            (with("key_ops", json!(["verify"])), true),
            (with("key_ops", json!(["encrypt"])), false),
            (with("alg", json!("RS256")), true),
            (with("alg", json!("PS256")), false),
            (with("alg", json!("RSA-OAEP")), false),
        ] {
            assert_eq!(choose(&key, Some("a"), Algorithm::RS256).is_some(), good, "{key:?}");
            assert!(choose(&key, Some("b"), Algorithm::RS256).is_none());
            for other in [Algorithm::HS256, Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA] {
                assert!(choose(&key, Some("a"), other).is_none(), "{other:?}");
            }
        }
    }

    #[test]
    fn curves_and_shared_keys_are_told_apart() {
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
    fn without_a_name_there_must_be_no_choice() {
        let one = json!({ "kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB" });
        let other = json!({ "kty": "EC", "kid": "b", "crv": "P-256", "x": "AA", "y": "AA" });
        assert!(choose(&keys(json!([one, other])), None, Algorithm::RS256).is_some());
        assert!(choose(&keys(json!([one, one])), None, Algorithm::RS256).is_none());
    }
}
