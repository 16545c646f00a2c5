//! Every check of the ID token, refused once.

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
async fn every_allowed_algorithm_signs_people_in() {
    for algorithm in ALL {
        let sso = Sso::start(algorithm).await;
        let profile = sso.identify().await.unwrap();
        assert_eq!(profile.subject, "248289761001", "{algorithm:?}");
        assert_eq!(profile.email.as_deref(), Some("ada@example.com"));
        let mut token = sso.key.sign(&sso.claims()).into_bytes();
        let inside = token.len() - 20;
        token[inside] = if token[inside] == b'A' { b'B' } else { b'A' };
        sso.hand_out(std::str::from_utf8(&token).unwrap());
        assert!(Sso::refusal(sso.identify().await).contains("wrong signature"), "{algorithm:?}");
    }
}

#[tokio::test]
async fn every_claim_is_checked() {
    let sso = Sso::start(Algorithm::ES256).await;
    let now = sso.clock.now().timestamp();
    let refused: &[(&str, Value, &str)] = &[
        ("iss", json!("https://sso.example"), "another issuer"),
        ("iss", json!(format!("{}/", sso.server.url)), "another issuer"),
        ("iss", Value::Null, "make no sense"),
        ("aud", json!("other"), "another audience"),
        ("aud", json!([]), "another audience"),
        ("aud", json!(["other"]), "another audience"),
        ("aud", Value::Null, "make no sense"),
        ("aud", json!([CLIENT, "other"]), "another authorized party"),
        ("azp", json!("other"), "another authorized party"),
        ("exp", json!(now - 60), "its end behind it"),
        ("exp", Value::Null, "make no sense"),
        ("iat", json!(now + 61), "its beginning ahead"),
        ("iat", Value::Null, "make no sense"),
        ("nbf", json!(now + 61), "its beginning ahead"),
        ("nonce", json!("another"), "refused with nonce"),
        ("nonce", Value::Null, "refused with nonce"),
        ("at_hash", json!("77QmUPtjPfzWtF2AnpK9RQ"), "another access token"),
        ("sub", json!(""), "a `sub`"),
        ("sub", json!("a\u{0}"), "a `sub`"),
        ("sub", json!("中"), "a `sub`"),
        ("sub", json!("a".repeat(256)), "a `sub`"),
        ("sub", json!(7), "make no sense"),
        ("sub", Value::Null, "make no sense"),
    ];
    for (name, value, expected) in refused {
        let mut claims = sso.claims();
        claims[*name] = value.clone();
        sso.say(&claims);
        let refusal = Sso::refusal(sso.identify().await);
        assert!(refusal.contains(expected), "{name} {value}: {refusal}");
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
        sso.say(&claims);
        assert!(sso.identify().await.is_ok(), "{name} {value}");
    }
    let mut several = sso.claims();
    several["aud"] = json!(["other", CLIENT]);
    several["azp"] = json!(CLIENT);
    sso.say(&several);
    assert!(sso.identify().await.is_ok());
}

#[tokio::test]
async fn a_token_of_another_sign_in_lets_the_person_begin_anew() {
    let sso = Sso::start(Algorithm::ES256).await;
    let mut claims = sso.claims();
    claims["nonce"] = json!("another");
    sso.say(&claims);
    assert!(matches!(sso.identify().await, Err(ProviderError::Rejected { .. })));
}

#[tokio::test]
async fn tokens_that_nobody_signed_are_refused() {
    let sso = Sso::start(Algorithm::RS256).await;
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let body = encode(&sso.claims());
    for none in ["none", "None", "NONE", ""] {
        let header = encode(&json!({ "alg": none, "kid": "first" }));
        sso.hand_out(&format!("{header}.{body}."));
        assert!(Sso::refusal(sso.identify().await).contains("header"), "{none}");
    }
    for broken in ["", ".", "..", "a.b.c", &sso.key.sign(&sso.claims())[..60]] {
        sso.hand_out(broken);
        assert!(Sso::refusal(sso.identify().await).contains("header"), "{broken}");
    }
    let critical = json!({ "alg": "RS256", "kid": "first", "crit": ["b64"], "b64": false });
    sso.hand_out(&signed(&critical, &sso.claims(), &sso.key.private, Algorithm::RS256));
    assert!(Sso::refusal(sso.identify().await).contains("critical"));
}

/// The public key is known to all: whoever takes it as a shared one can sign.
#[tokio::test]
async fn a_public_key_is_never_a_shared_one() {
    let sso = Sso::start(Algorithm::RS256).await;
    let public = sso.key.public();
    let modulus = URL_SAFE_NO_PAD.decode(public["n"].as_str().unwrap()).unwrap();
    for secret in [modulus.as_slice(), public.to_string().as_bytes()] {
        let header = json!({ "alg": "HS256", "kid": "first" });
        sso.hand_out(&signed(&header, &sso.claims(), &EncodingKey::from_secret(secret), Algorithm::HS256));
        assert!(Sso::refusal(sso.identify().await).contains("an algorithm that is not allowed"));
    }
    // Not with a shared key that is published as one either.
    let shared = json!({ "kty": "oct", "kid": "first", "k": URL_SAFE_NO_PAD.encode("known") });
    sso.server.always("/jwks", Reply::ok(&json!({ "keys": [shared] }).to_string()));
    sso.clock.advance(TimeDelta::hours(1));
    let header = json!({ "alg": "HS256", "kid": "first" });
    sso.hand_out(&signed(&header, &sso.claims(), &EncodingKey::from_secret(b"known"), Algorithm::HS256));
    assert!(Sso::refusal(sso.identify().await).contains("an algorithm that is not allowed"));
    sso.hand_out(&sso.key.sign(&sso.claims()));
    assert!(Sso::refusal(sso.identify().await).contains("by no key"));
}

#[tokio::test]
async fn a_key_of_another_kind_does_not_do() {
    let sso = Sso::start(Algorithm::RS256).await;
    let other = Key::new(Algorithm::ES256, "first");
    sso.hand_out(&other.sign(&sso.claims()));
    assert!(Sso::refusal(sso.identify().await).contains("by no key"));
    // One that is longer than what is allowed for, and one of the same kind that is not the provider's.
    let header = json!({ "alg": "RS512", "kid": "first" });
    sso.hand_out(&signed(&header, &sso.claims(), &sso.key.private, Algorithm::RS512));
    assert!(Sso::refusal(sso.identify().await).contains("an algorithm that is not allowed"));
    sso.hand_out(&Key::new(Algorithm::RS256, "first").sign(&sso.claims()));
    assert!(Sso::refusal(sso.identify().await).contains("wrong signature"));
}

#[tokio::test]
async fn a_key_that_is_not_known_is_looked_for_once_a_minute() {
    let sso = Sso::start(Algorithm::ES256).await;
    let asked = || sso.server.asked_at("/jwks").len();
    sso.identify().await.unwrap();
    sso.identify().await.unwrap();
    assert_eq!(asked(), 1, "the keys are kept");
    sso.clock.advance(TimeDelta::minutes(1));
    let second = Key::new(Algorithm::ES256, "second");
    for _ in 0..5 {
        sso.hand_out(&second.sign(&sso.claims()));
        assert!(Sso::refusal(sso.identify().await).contains("by no key"));
    }
    assert_eq!(asked(), 2, "one more within the minute");
    sso.server
        .always("/jwks", Reply::ok(&json!({ "keys": [sso.key.public(), second.public()] }).to_string()));
    sso.clock.advance(TimeDelta::minutes(1));
    sso.hand_out(&second.sign(&sso.claims()));
    assert!(sso.identify().await.is_ok(), "a key that was rotated in is found");
    assert_eq!(asked(), 3);
    sso.clock.advance(TimeDelta::hours(1));
    sso.say(&sso.claims());
    assert!(sso.identify().await.is_ok());
    assert_eq!(asked(), 4, "an hour later they are asked for anew");
}
