//! Tests of every check of the ID token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::super::testing::{ACCESS, CLIENT, Key, Sso, signed};
use crate::social::provider::ProviderError;
use crate::social::testing::Reply;

const ALL: [Algorithm; 5] =
    [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA];

#[tokio::test]
async fn every_allowed_algorithm_is_accepted() {
    for algorithm in ALL {
        let sso = Sso::start(algorithm).await;
        let profile = sso.identify().await.unwrap();
        assert_eq!(profile.subject, "248289761001", "{algorithm:?}");
        assert_eq!(profile.email.as_deref(), Some("ada@example.com"));
        let mut token = sso.key.sign(&sso.claims()).into_bytes();
        let inside = token.len() - 20;
        token[inside] = if token[inside] == b'A' { b'B' } else { b'A' };
        sso.issue_token(std::str::from_utf8(&token).unwrap());
        assert!(Sso::error(sso.identify().await).contains("wrong signature"), "{algorithm:?}");
    }
}

#[tokio::test]
async fn every_claim_is_checked() {
    let sso = Sso::start(Algorithm::ES256).await;
    let now = sso.clock.now().timestamp();
    let invalid: &[(&str, Value, &str)] = &[
        ("iss", json!("https://sso.example"), "another issuer"),
        ("iss", json!(format!("{}/", sso.server.url)), "another issuer"),
        ("iss", Value::Null, "invalid claims"),
        ("aud", json!("other"), "another audience"),
        ("aud", json!([]), "another audience"),
        ("aud", json!(["other"]), "another audience"),
        ("aud", Value::Null, "invalid claims"),
        ("aud", json!([CLIENT, "other"]), "another authorized party"),
        ("azp", json!("other"), "another authorized party"),
        ("exp", json!(now - 60), "an expiry in the past"),
        ("exp", Value::Null, "invalid claims"),
        ("iat", json!(now + 61), "a start time in the future"),
        ("iat", Value::Null, "invalid claims"),
        ("nbf", json!(now + 61), "a start time in the future"),
        ("nonce", json!("another"), "rejected with nonce"),
        ("nonce", Value::Null, "rejected with nonce"),
        ("at_hash", json!("77QmUPtjPfzWtF2AnpK9RQ"), "the hash of another access token"),
        ("sub", json!(""), "an invalid `sub`"),
        ("sub", json!("a\u{0}"), "an invalid `sub`"),
        ("sub", json!("中"), "an invalid `sub`"),
        ("sub", json!("a".repeat(256)), "an invalid `sub`"),
        ("sub", json!(7), "invalid claims"),
        ("sub", Value::Null, "invalid claims"),
    ];
    for (name, value, expected) in invalid {
        let mut claims = sso.claims();
        claims[*name] = value.clone();
        sso.issue(&claims);
        let error = Sso::error(sso.identify().await);
        assert!(error.contains(expected), "{name} {value}: {error}");
    }
    let half = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, ACCESS.as_bytes());
    let half = URL_SAFE_NO_PAD.encode(&half.as_ref()[..16]);
    let allowed: &[(&str, Value)] = &[
        ("aud", json!([CLIENT])),
        ("azp", json!(CLIENT)),
        ("exp", json!(now - 59)),
        ("iat", json!(now + 60)),
        ("iat", json!(1.5)),
        ("nbf", json!(now + 60)),
        ("at_hash", json!(half)),
        ("sub", json!("a".repeat(255))),
    ];
    for (name, value) in allowed {
        let mut claims = sso.claims();
        claims[*name] = value.clone();
        sso.issue(&claims);
        assert!(sso.identify().await.is_ok(), "{name} {value}");
    }
    let mut several = sso.claims();
    several["aud"] = json!(["other", CLIENT]);
    several["azp"] = json!(CLIENT);
    sso.issue(&several);
    assert!(sso.identify().await.is_ok());
}

#[tokio::test]
async fn a_token_of_another_sign_in_is_a_rejection() {
    let sso = Sso::start(Algorithm::ES256).await;
    let mut claims = sso.claims();
    claims["nonce"] = json!("another");
    sso.issue(&claims);
    assert!(matches!(sso.identify().await, Err(ProviderError::Rejected { .. })));
}

#[tokio::test]
async fn unsigned_and_malformed_tokens_are_refused() {
    let sso = Sso::start(Algorithm::RS256).await;
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let body = encode(&sso.claims());
    for none in ["none", "None", "NONE", ""] {
        let header = encode(&json!({ "alg": none, "kid": "first" }));
        sso.issue_token(&format!("{header}.{body}."));
        assert!(Sso::error(sso.identify().await).contains("header"), "{none}");
    }
    for broken in ["", ".", "..", "a.b.c", &sso.key.sign(&sso.claims())[..60]] {
        sso.issue_token(broken);
        assert!(Sso::error(sso.identify().await).contains("header"), "{broken}");
    }
    let critical = json!({ "alg": "RS256", "kid": "first", "crit": ["b64"], "b64": false });
    sso.issue_token(&signed(&critical, &sso.claims(), &sso.key.private, Algorithm::RS256));
    assert!(Sso::error(sso.identify().await).contains("critical"));
}

/// Everyone knows the public key, so accepting it as a shared secret would let anyone sign tokens.
#[tokio::test]
async fn a_public_key_is_never_used_as_a_shared_secret() {
    let sso = Sso::start(Algorithm::RS256).await;
    let public = sso.key.public();
    let modulus = URL_SAFE_NO_PAD.decode(public["n"].as_str().unwrap()).unwrap();
    for secret in [modulus.as_slice(), public.to_string().as_bytes()] {
        let header = json!({ "alg": "HS256", "kid": "first" });
        sso.issue_token(&signed(&header, &sso.claims(), &EncodingKey::from_secret(secret), Algorithm::HS256));
        assert!(Sso::error(sso.identify().await).contains("an algorithm that is not allowed"));
    }
    // A published shared key is refused too.
    let shared = json!({ "kty": "oct", "kid": "first", "k": URL_SAFE_NO_PAD.encode("known") });
    sso.server.always("/jwks", Reply::ok(&json!({ "keys": [shared] }).to_string()));
    sso.clock.advance(TimeDelta::hours(1));
    let header = json!({ "alg": "HS256", "kid": "first" });
    sso.issue_token(&signed(&header, &sso.claims(), &EncodingKey::from_secret(b"known"), Algorithm::HS256));
    assert!(Sso::error(sso.identify().await).contains("an algorithm that is not allowed"));
    sso.issue_token(&sso.key.sign(&sso.claims()));
    assert!(Sso::error(sso.identify().await).contains("not signed by a key"));
}

#[tokio::test]
async fn a_key_of_another_type_is_refused() {
    let sso = Sso::start(Algorithm::RS256).await;
    let other = Key::new(Algorithm::ES256, "first");
    sso.issue_token(&other.sign(&sso.claims()));
    assert!(Sso::error(sso.identify().await).contains("not signed by a key"));
    // An algorithm that is not allowed, and a key of the same type that does not belong to the provider.
    let header = json!({ "alg": "RS512", "kid": "first" });
    sso.issue_token(&signed(&header, &sso.claims(), &sso.key.private, Algorithm::RS512));
    assert!(Sso::error(sso.identify().await).contains("an algorithm that is not allowed"));
    sso.issue_token(&Key::new(Algorithm::RS256, "first").sign(&sso.claims()));
    assert!(Sso::error(sso.identify().await).contains("wrong signature"));
}

#[tokio::test]
async fn the_keys_are_fetched_for_an_unknown_key_at_most_once_per_minute() {
    let sso = Sso::start(Algorithm::ES256).await;
    let fetches = || sso.server.requests_to("/jwks").len();
    sso.identify().await.unwrap();
    sso.identify().await.unwrap();
    assert_eq!(fetches(), 1, "the keys are cached");
    sso.clock.advance(TimeDelta::minutes(1));
    let second = Key::new(Algorithm::ES256, "second");
    for _ in 0..5 {
        sso.issue_token(&second.sign(&sso.claims()));
        assert!(Sso::error(sso.identify().await).contains("not signed by a key"));
    }
    assert_eq!(fetches(), 2, "one more fetch within the minute");
    sso.server
        .always("/jwks", Reply::ok(&json!({ "keys": [sso.key.public(), second.public()] }).to_string()));
    sso.clock.advance(TimeDelta::minutes(1));
    sso.issue_token(&second.sign(&sso.claims()));
    assert!(sso.identify().await.is_ok(), "a new key is found");
    assert_eq!(fetches(), 3);
    sso.clock.advance(TimeDelta::hours(1));
    sso.issue(&sso.claims());
    assert!(sso.identify().await.is_ok());
    assert_eq!(fetches(), 4, "the keys are fetched again after an hour");
}
