//! Valid and invalid ID tokens.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::state::{Grant, OTHER_APP};
use crate::config::social::SANDBOX_SECRET;
use crate::core::clock::Instant;
use crate::core::secret::sha256;

/// The lifetime of ID tokens and access tokens.
pub(super) const SECONDS: i64 = 3_600;

/// Keys that are generated at startup.
pub(super) struct Keys {
    signing: EncodingKey,
    /// A key that is not published.
    stranger: EncodingKey,
    kid: String,
    jwk: Value,
}

impl Keys {
    pub(super) fn generate() -> Self {
        let (signing, stranger) = (key(), key());
        let mut jwk = Jwk::from_encoding_key(&signing, Algorithm::ES256).expect("a key that was just made");
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).expect("a key that was just made");
        jwk.common.key_id = Some(kid.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        let jwk = serde_json::to_value(jwk).expect("a key that was just made");
        Self { signing, stranger, kid, jwk }
    }

    /// Returns the published key set.
    pub(super) fn set(&self) -> Value {
        json!({ "keys": [self.jwk] })
    }

    /// Returns an ID token for the grant, with the simulated failure.
    pub(super) fn id_token(&self, grant: &Grant, issuer: &str, access: &str, now: Instant) -> String {
        let expiry = match grant.fault {
            Fault::TOKEN_EXPIRED => now - TimeDelta::hours(1),
            _ => now + TimeDelta::seconds(SECONDS),
        };
        let mut claims = identity(grant, issuer);
        let hashed = if grant.fault == Fault::WRONG_HASH { "another token" } else { access };
        // OpenID Connect Core 1.0, section 3.1.3.6.
        let at_hash = URL_SAFE_NO_PAD.encode(&sha256(hashed.as_bytes())[..16]);
        claims.extend(object(json!({
            "exp": expiry.timestamp(),
            "iat": (expiry - TimeDelta::seconds(SECONDS)).timestamp(),
            "auth_time": grant.since.timestamp(),
            "at_hash": at_hash,
        })));
        let nonce = match grant.fault {
            Fault::WRONG_NONCE => Some("the nonce of somebody else"),
            _ => grant.nonce.as_deref(),
        };
        if let Some(nonce) = nonce {
            claims.insert("nonce".into(), nonce.into());
        }
        self.sign(grant.fault, &claims)
    }

    fn sign(&self, fault: Fault, claims: &Map<String, Value>) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.kid.clone());
        let mut key = &self.signing;
        let shared = EncodingKey::from_secret(SANDBOX_SECRET.as_bytes());
        match fault {
            Fault::UNSIGNED => {
                let parts = [
                    json!({ "alg": "none", "typ": "JWT" }).to_string(),
                    Value::from(claims.clone()).to_string(),
                ];
                let [header, payload] = parts.map(|part| URL_SAFE_NO_PAD.encode(part));
                return format!("{header}.{payload}.");
            }
            Fault::UNKNOWN_KEY => {
                header.kid = Some("a-key-that-nobody-published".into());
                key = &self.stranger;
            }
            Fault::WRONG_SIGNATURE => key = &self.stranger,
            Fault::HMAC => {
                header.alg = Algorithm::HS256;
                key = &shared;
            }
            _ => {}
        }
        jsonwebtoken::encode(&header, claims, key).expect("these claims can be signed")
    }
}

/// Generates a private key with the operating system's generator, because the library has no parameter for randomness.
fn key() -> EncodingKey {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("the system gives randomness");
    let document = pair.to_pkcs8v1().expect("a key that was just made");
    EncodingKey::from_ec_der(document.as_ref())
}

/// Returns the claims of subject, issuer and audience.
fn identity(grant: &Grant, issuer: &str) -> Map<String, Value> {
    let issuer = match grant.fault {
        Fault::WRONG_ISSUER => "https://issuer.example",
        _ => issuer,
    };
    let audience = match grant.fault {
        Fault::WRONG_AUDIENCE => OTHER_APP,
        _ => &grant.client_id,
    };
    let mut claims = object(json!({ "iss": issuer, "sub": subject(grant), "aud": audience }));
    claims.extend(email(grant));
    claims
}

/// Returns the subject of a user, which differs between providers.
pub(super) fn subject(grant: &Grant) -> String {
    grant.person.name_in("oidc")
}

/// Returns the claims of the e-mail address, if requested.
pub(super) fn email(grant: &Grant) -> Map<String, Value> {
    let asked = grant.scope.split(' ').any(|scope| scope == "email");
    let Some((email, verified)) = grant.person.email.filter(|_| asked && grant.fault != Fault::NO_EMAIL)
    else {
        return Map::new();
    };
    let verified = verified && grant.fault != Fault::UNVERIFIED_EMAIL;
    let verified = match grant.fault {
        // As Apple does.
        Fault::STRINGS => Value::from(verified.to_string()),
        _ => Value::from(verified),
    };
    object(json!({ "email": email, "email_verified": verified }))
}

pub(super) fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(object) = value { object } else { Map::new() }
}
