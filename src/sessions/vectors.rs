//! Valid and invalid tokens, each one change away from a valid one, for all algorithms, with the attacks of RFC 8725.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use uuid::Uuid;

use super::access::{AccessTokens, TokenError};
use super::keys::KeyRing;
use super::material::{KeyPair, generate};
use super::rotation::KeyRules;
use crate::config::keys::{KeySettings, TokenAlgorithm};
use crate::config::reader::{Reader, Source};
use crate::config::sessions::SessionSettings;
use crate::core::clock::Clock;
use crate::core::ids::{SessionId, UserId};
use crate::core::random::Random;
use crate::core::secret::{ExposeSecret as _, MasterKey};
use crate::db::{Db, migrate};

const ALL: [TokenAlgorithm; 4] =
    [TokenAlgorithm::EdDsa, TokenAlgorithm::Es256, TokenAlgorithm::Rs256, TokenAlgorithm::Hs256];
const SECRET: &str = "correct horse battery staple 0123456789";

struct Bench {
    tokens: AccessTokens,
    clock: Clock,
    db: Db,
    good: String,
}

async fn bench(algorithm: TokenAlgorithm) -> Bench {
    let url = format!("sqlite:{}", tempfile::tempdir().unwrap().keep().join("t.db").display());
    migrate(&url).await.unwrap();
    let db = Db::open(&url, 1, Duration::from_secs(5)).await.unwrap();
    let clock = Clock::manual(DateTime::from_timestamp(1_772_000_000, 0).unwrap());
    let random = Random::system();
    let mut reader = Reader::new(Source::default());
    let settings = SessionSettings::read(&mut reader, "http://127.0.0.1:8000");
    let mut keys = KeySettings::read(&mut reader);
    keys.algorithm = algorithm;
    keys.hs256_secret = (algorithm == TokenAlgorithm::Hs256).then(|| SECRET.into());
    let rules = KeyRules::new(&keys, &settings);
    let ring = KeyRing::open(&db, &MasterKey::generate(&random), &clock, &random, rules).await;
    let tokens = AccessTokens::new(ring.unwrap(), clock.clone(), random, settings);
    let (user, session) = (UserId(Uuid::from_u128(1)), SessionId(Uuid::from_u128(2)));
    let good = tokens
        .issue(user, session, vec!["user".into()], serde_json::Map::new())
        .unwrap()
        .token
        .expose_secret()
        .to_owned();
    Bench { tokens, clock, db, good }
}

fn part(token: &str, index: usize) -> Value {
    let text = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

fn encoded(value: &str) -> String {
    URL_SAFE_NO_PAD.encode(value)
}

impl Bench {
    fn header(&self) -> Value {
        part(&self.good, 0)
    }

    fn claims(&self) -> Value {
        part(&self.good, 1)
    }

    fn signature(&self) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(self.good.rsplit_once('.').unwrap().1).unwrap()
    }

    /// Signed by the key that the gateway signs with.
    fn signed(&self, header: &str, claims: &str) -> String {
        let signing = self.tokens.keys().signing().unwrap();
        signed_by(&signing.key, signing.algorithm, header, claims)
    }

    fn with_header(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut header = self.header();
        change(&mut header);
        self.signed(&header.to_string(), &self.claims().to_string())
    }

    fn with_claims(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = self.claims();
        change(&mut claims);
        self.signed(&self.header().to_string(), &claims.to_string())
    }

    async fn error(&self, token: &str) -> Option<TokenError> {
        self.tokens.verify(token).await.err()
    }
}

fn signed_by(key: &EncodingKey, algorithm: Algorithm, header: &str, claims: &str) -> String {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

fn set(name: &'static str, to: Value) -> impl FnOnce(&mut Value) {
    move |object| object[name] = to
}

fn without(name: &'static str) -> impl FnOnce(&mut Value) {
    move |object| {
        object.as_object_mut().unwrap().remove(name);
    }
}

#[tokio::test]
async fn the_good_one_holds_and_says_what_it_is() {
    for algorithm in ALL {
        let bench = bench(algorithm).await;
        assert_eq!(bench.error(&bench.good).await, None, "{algorithm}");
        let header = bench.header();
        assert_eq!((&header["alg"], &header["typ"]), (&algorithm.as_str().into(), &"at+jwt".into()));
        assert_eq!(header.as_object().unwrap().len(), 3, "{header}");
        // Signed again, so that each token below is invalid only because of its one change.
        assert_eq!(bench.error(&bench.with_header(|_| ())).await, None, "{algorithm}");
        assert_eq!(bench.error(&bench.with_header(set("typ", "AT+JWT".into()))).await, None);
        let shared = algorithm == TokenAlgorithm::Hs256;
        assert_eq!(
            bench.db.signing_keys().await.unwrap().is_empty(),
            shared,
            "no key in the table for a secret"
        );
        let published = bench.tokens.keys().jwks().body;
        assert_eq!(&*published == r#"{"keys":[]}"#, shared, "{published}");
    }
}

#[tokio::test]
async fn no_other_signature_holds() {
    for algorithm in ALL {
        let bench = bench(algorithm).await;
        let (message, _) = bench.good.rsplit_once('.').unwrap();
        let signature = bench.signature();
        let mut bad = vec![
            ("none", String::new()),
            ("zeros", URL_SAFE_NO_PAD.encode(vec![0; signature.len()])),
            ("ones", URL_SAFE_NO_PAD.encode(vec![0xff; signature.len()])),
            ("cut", URL_SAFE_NO_PAD.encode(&signature[1..])),
            ("cut at its end", URL_SAFE_NO_PAD.encode(&signature[..signature.len() - 1])),
            ("longer", URL_SAFE_NO_PAD.encode([signature.as_slice(), &[0]].concat())),
            ("longer in front", URL_SAFE_NO_PAD.encode([&[0], signature.as_slice()].concat())),
            ("twice", URL_SAFE_NO_PAD.encode([signature.as_slice(), &signature].concat())),
            ("padded", URL_SAFE.encode(&signature) + "="),
            ("with a space", format!(" {}", URL_SAFE_NO_PAD.encode(&signature))),
            ("with a line end", format!("{}\n", URL_SAFE_NO_PAD.encode(&signature))),
        ];
        let half = signature.len() / 2;
        let swapped = [&signature[half..], &signature[..half]].concat();
        bad.push(("halves swapped", URL_SAFE_NO_PAD.encode(swapped)));
        if STANDARD.encode(&signature).contains(['+', '/']) {
            bad.push(("in the other alphabet", STANDARD.encode(&signature).trim_end_matches('=').into()));
        }
        for at in [0, half, signature.len() - 1] {
            let mut flipped = signature.clone();
            flipped[at] ^= 1;
            bad.push(("one bit", URL_SAFE_NO_PAD.encode(flipped)));
        }
        for (what, text) in bad {
            let error = bench.error(&format!("{message}.{text}")).await;
            assert!(matches!(error, Some(TokenError::Malformed(_))), "{algorithm} {what}: {error:?}");
        }
    }
}

/// The one number that every signature of Ed25519 could be raised by (RFC 8032, section 5.1.7).
#[tokio::test]
async fn no_second_signature_follows_from_the_first() {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let bench = bench(TokenAlgorithm::EdDsa).await;
    let (message, _) = bench.good.rsplit_once('.').unwrap();
    let mut signature = bench.signature();
    let mut carry = 0_u16;
    for (byte, add) in signature[32..].iter_mut().zip(ORDER) {
        let [high, low] = (u16::from(*byte) + u16::from(add) + carry).to_be_bytes();
        (*byte, carry) = (low, high.into());
    }
    let error = bench.error(&format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))).await;
    assert!(matches!(error, Some(TokenError::Malformed(_))), "{error:?}");
}

#[tokio::test]
async fn the_key_tells_the_algorithm_and_not_the_token() {
    for algorithm in ALL {
        let bench = bench(algorithm).await;
        let own = algorithm.as_str();
        for other in [
            "none", "None", "NONE", "", "HS256", "HS384", "RS256", "RS512", "PS256", "ES256", "ES384",
            "EdDSA",
        ] {
            if other == own {
                continue;
            }
            let token = bench.with_header(set("alg", other.into()));
            assert!(bench.error(&token).await.is_some(), "{own} as {other}");
            let unsigned = format!("{}.", token.rsplit_once('.').unwrap().0);
            assert!(bench.error(&unsigned).await.is_some(), "{own} as {other}, unsigned");
        }
        assert!(bench.error(&bench.with_header(without("alg"))).await.is_some(), "{own}");
        assert!(bench.error(&bench.with_header(set("alg", json!(["EdDSA", own])))).await.is_some(), "{own}");
    }
}

/// What is public is no secret: nothing of it may sign as one.
#[tokio::test]
async fn a_public_key_is_no_secret() {
    for algorithm in [TokenAlgorithm::EdDsa, TokenAlgorithm::Es256, TokenAlgorithm::Rs256] {
        let bench = bench(algorithm).await;
        let published = bench.tokens.keys().jwks().body;
        let set: Value = serde_json::from_str(&published).unwrap();
        let jwk = &set["keys"][0];
        let mut secrets = vec![published.as_bytes().to_vec(), jwk.to_string().into_bytes(), Vec::new()];
        for name in ["x", "y", "n", "kid"] {
            let Some(text) = jwk[name].as_str() else { continue };
            secrets.extend([text.as_bytes().to_vec(), URL_SAFE_NO_PAD.decode(text).unwrap()]);
        }
        let mut header = bench.header();
        header["alg"] = "HS256".into();
        for kid in [header["kid"].clone(), "hs256".into()] {
            header["kid"] = kid;
            for secret in &secrets {
                let key = EncodingKey::from_secret(secret);
                let token =
                    signed_by(&key, Algorithm::HS256, &header.to_string(), &bench.claims().to_string());
                assert!(bench.error(&token).await.is_some(), "{algorithm}");
            }
        }
    }
}

#[tokio::test]
async fn a_key_is_looked_up_and_never_taken_from_the_token() {
    for algorithm in [TokenAlgorithm::EdDsa, TokenAlgorithm::Es256, TokenAlgorithm::Rs256] {
        let bench = bench(algorithm).await;
        let pkcs8 = generate(algorithm, &Random::system()).unwrap();
        let theirs = KeyPair::read(algorithm, &pkcs8).unwrap();
        let jwk = serde_json::to_value(&theirs.jwk).unwrap();
        let own = bench.header()["kid"].clone();
        let sign = |header: &Value| {
            signed_by(&theirs.signing, theirs.algorithm, &header.to_string(), &bench.claims().to_string())
        };
        for kid in [
            own.clone(),
            theirs.kid.clone().into(),
            "".into(),
            "hs256".into(),
            "../../../../dev/null".into(),
            "/proc/self/environ".into(),
            "https://evil.example/jwks.json".into(),
            "' OR 1=1 --".into(),
            Value::Null,
            json!(1),
            json!({ "kid": own }),
        ] {
            let mut header = bench.header();
            header["kid"] = kid;
            for (name, value) in [
                ("jwk", jwk.clone()),
                ("jku", "https://evil.example/jwks.json".into()),
                ("x5u", "https://evil.example/chain.pem".into()),
                ("x5c", json!(["MIIB"])),
            ] {
                header[name] = value;
                assert!(bench.error(&sign(&header)).await.is_some(), "{algorithm} {header}");
            }
        }
        assert_eq!(bench.error(&bench.with_header(without("kid"))).await, Some(TokenError::UnknownKey));
    }
}

#[tokio::test]
async fn the_header_says_what_it_has_to() {
    let bench = bench(TokenAlgorithm::EdDsa).await;
    for typ in ["JWT", "at+jwt ", "jwt", "rt+jwt", "", "id+jwt"] {
        assert_eq!(
            bench.error(&bench.with_header(set("typ", typ.into()))).await,
            Some(TokenError::WrongType),
            "{typ}"
        );
    }
    assert_eq!(bench.error(&bench.with_header(without("typ"))).await, Some(TokenError::WrongType));
    for crit in [json!(["b64"]), json!(["exp"]), json!([]), json!("exp")] {
        let token = bench.with_header(set("crit", crit.clone()));
        assert!(bench.error(&token).await.is_some(), "{crit}");
    }
    let (header, claims) = (bench.header().to_string(), bench.claims().to_string());
    for twice in ["\"alg\":\"none\"", "\"kid\":\"x\"", "\"typ\":\"JWT\""] {
        let token = bench.signed(&format!("{},{twice}}}", header.trim_end_matches('}')), &claims);
        assert!(bench.error(&token).await.is_some(), "{twice}");
    }
    for broken in ["", "{}", "[]", "null", "{", "\"at+jwt\"", "{\"alg\":\"EdDSA\"} x"] {
        assert!(bench.error(&bench.signed(broken, &claims)).await.is_some(), "{broken}");
        assert!(bench.error(&bench.signed(&header, broken)).await.is_some(), "{broken}");
    }
}

#[tokio::test]
async fn the_claims_are_ours_and_whole() {
    let bench = bench(TokenAlgorithm::EdDsa).await;
    for (name, wrong) in [
        (
            "iss",
            vec![
                json!("https://evil.example"),
                json!("http://127.0.0.1:8000/"),
                json!(""),
                json!(["http://127.0.0.1:8000"]),
            ],
        ),
        (
            "aud",
            vec![json!("other"), json!(["other"]), json!(["menjin", "other"]), json!([]), json!("Menjin")],
        ),
        ("sub", vec![json!("admin"), json!(1), json!("")]),
        ("sid", vec![json!("x")]),
        ("exp", vec![json!("1772000600"), json!(-1), json!(1e300), json!(1_772_000_600.5), json!(true)]),
        ("nbf", vec![json!("1772000000"), json!([])]),
        ("roles", vec![json!("admin"), json!([1])]),
    ] {
        for value in wrong.into_iter().chain([Value::Null]) {
            let token = bench.with_claims(set(name, value.clone()));
            assert!(matches!(bench.error(&token).await, Some(TokenError::Malformed(_))), "{name} {value}");
        }
        assert!(
            matches!(bench.error(&bench.with_claims(without(name))).await, Some(TokenError::Malformed(_))),
            "{name}"
        );
        let claims = bench.claims();
        let doubled = format!("{},\"{name}\":{}}}", claims.to_string().trim_end_matches('}'), claims[name]);
        assert!(
            bench.error(&bench.signed(&bench.header().to_string(), &doubled)).await.is_some(),
            "{name} twice"
        );
    }
}

#[tokio::test]
async fn the_times_are_those_of_the_clock() {
    let bench = bench(TokenAlgorithm::EdDsa).await;
    let now = bench.clock.now().timestamp();
    // Ten minutes, and five seconds for the clocks.
    let future = bench.with_claims(set("nbf", json!(now + 6)));
    assert_eq!(bench.error(&future).await, Some(TokenError::NotYet));
    assert_eq!(bench.error(&bench.with_claims(set("nbf", json!(now + 5)))).await, None);
    assert!(bench.error(&bench.with_claims(set("exp", json!(i64::MIN)))).await.is_some());
    bench.clock.advance(TimeDelta::seconds(604));
    assert_eq!(bench.error(&bench.good).await, None);
    bench.clock.advance(TimeDelta::seconds(1));
    assert_eq!(bench.error(&bench.good).await, Some(TokenError::Expired));
}

#[tokio::test]
async fn the_form_is_that_of_three_parts() {
    let bench = bench(TokenAlgorithm::EdDsa).await;
    let parts: Vec<&str> = bench.good.split('.').collect();
    for form in [
        String::new(),
        ".".into(),
        "..".into(),
        "...".into(),
        parts[0].into(),
        parts[..2].join("."),
        format!("{}.", bench.good),
        format!(".{}", bench.good),
        format!("{}.{}", bench.good, parts[2]),
        format!("{}..{}", parts[0], parts[2]),
        // The forms of JSON, and an encrypted token.
        json!({ "protected": parts[0], "payload": parts[1], "signature": parts[2] }).to_string(),
        format!("{}.{}.{}.{}.{}", parts[0], parts[1], parts[2], parts[1], parts[2]),
        format!("{} {}", parts[0], &bench.good[parts[0].len()..]),
        bench.good.to_uppercase(),
        "\u{0}".into(),
        "x".repeat(100_000),
    ] {
        assert!(bench.error(&form).await.is_some(), "{form}");
    }
}
