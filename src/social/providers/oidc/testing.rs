//! A scripted `OpenID` Connect provider for tests, with keys of every type.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::DateTime;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, AlgorithmFamily, EncodingKey};
use serde_json::{Value, json};
use url::Url;

use super::provider::Oidc;
use crate::config::social::{OidcSecret, OidcSettings};
use crate::core::clock::Clock;
use crate::core::secret::SecretString;
use crate::social::client::HttpClient;
use crate::social::provider::{
    AuthorizeRequest, Callback, Display, Profile, ProviderError, SocialProvider as _,
};
use crate::social::testing::{ReceivedRequest, Reply, Stub};

pub(super) const CLIENT: &str = "menjin";
pub(super) const NONCE: &str = "the nonce";
pub(super) const ACCESS: &str = "the access token";

fn pem(pkcs8: &[u8]) -> String {
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(pkcs8))
}

fn ec(algorithm: &'static EcdsaSigningAlgorithm) -> String {
    let pair = EcdsaKeyPair::generate(algorithm).unwrap();
    pem(pair.to_pkcs8v1().unwrap().as_ref())
}

/// Generates a private key in PEM format.
pub(super) fn private_key(algorithm: Algorithm) -> String {
    match algorithm.family() {
        AlgorithmFamily::Ec if algorithm == Algorithm::ES384 => ec(&ECDSA_P384_SHA384_FIXED_SIGNING),
        AlgorithmFamily::Ec => ec(&ECDSA_P256_SHA256_FIXED_SIGNING),
        AlgorithmFamily::Ed => pem(Ed25519KeyPair::generate().unwrap().to_pkcs8v1().unwrap().as_ref()),
        AlgorithmFamily::Rsa | AlgorithmFamily::Hmac => {
            pem(RsaKeyPair::generate(KeySize::Rsa2048).unwrap().as_der().unwrap().as_ref())
        }
    }
}

/// A signing key of the provider.
pub(super) struct Key {
    pub(super) algorithm: Algorithm,
    pub(super) kid: &'static str,
    pub(super) private: EncodingKey,
}

impl Key {
    pub(super) fn new(algorithm: Algorithm, kid: &'static str) -> Self {
        let pem = private_key(algorithm);
        let pem = pem.as_bytes();
        let private = match algorithm.family() {
            AlgorithmFamily::Ec => EncodingKey::from_ec_pem(pem),
            AlgorithmFamily::Ed => EncodingKey::from_ed_pem(pem),
            AlgorithmFamily::Rsa | AlgorithmFamily::Hmac => EncodingKey::from_rsa_pem(pem),
        };
        Self { algorithm, kid, private: private.unwrap() }
    }

    /// Returns the JWK without `alg`, as many providers publish it. The key type then decides.
    pub(super) fn public(&self) -> Value {
        let mut jwk = Jwk::from_encoding_key(&self.private, self.algorithm).unwrap();
        jwk.common.key_id = Some(self.kid.into());
        jwk.common.key_algorithm = None;
        serde_json::to_value(&jwk).unwrap()
    }

    pub(super) fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": self.algorithm, "kid": self.kid, "typ": "JWT" });
        signed(&header, claims, &self.private, self.algorithm)
    }
}

/// Signs a header and claims without checking them.
pub(super) fn signed(header: &Value, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

/// The provider and the gateway's client for it.
pub(super) struct Sso {
    pub(super) server: Stub,
    pub(super) clock: Clock,
    pub(super) key: Key,
    pub(super) oidc: Oidc,
}

impl Sso {
    pub(super) async fn start(algorithm: Algorithm) -> Self {
        Self::with(Key::new(algorithm, "first"), |_| {}).await
    }

    /// Starts a provider whose client has a short timeout.
    pub(super) async fn start_impatient() -> Self {
        Self::build(Key::new(Algorithm::ES256, "first"), Stub::impatient_client(), |_| {}).await
    }

    pub(super) async fn with(key: Key, change: impl FnOnce(&mut OidcSettings)) -> Self {
        Self::build(key, Stub::client(), change).await
    }

    async fn build(key: Key, http: HttpClient, change: impl FnOnce(&mut OidcSettings)) -> Self {
        let server = Stub::start().await;
        let mut settings = OidcSettings {
            slug: "corp".into(),
            name: "Corp".into(),
            issuer: server.url.clone(),
            client_id: CLIENT.into(),
            secret: OidcSecret::Shared(SecretString::from("a secret")),
            scopes: ["openid", "email"].map(String::from).to_vec(),
            form_post: false,
        };
        change(&mut settings);
        let clock = Clock::manual(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let oidc = Oidc::new(settings, http, clock.clone()).unwrap();
        let sso = Self { server, clock, key, oidc };
        sso.server.always("/.well-known/openid-configuration", Reply::ok(&sso.document().to_string()));
        sso.server.always("/jwks", Reply::ok(&json!({ "keys": [sso.key.public()] }).to_string()));
        sso.issue(&sso.claims());
        sso
    }

    /// Returns a URL of the provider.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.server.url)
    }

    /// Returns the last request to the token endpoint.
    pub(super) fn token_request(&self) -> ReceivedRequest {
        self.server.requests_to("/token").pop().unwrap()
    }

    pub(super) fn document(&self) -> Value {
        json!({
            "issuer": self.server.url,
            "authorization_endpoint": self.at("/authorize?tenant=1"),
            "token_endpoint": self.at("/token"),
            "jwks_uri": self.at("/jwks"),
        })
    }

    /// Publishes the discovery document with one member changed.
    pub(super) fn publish(&self, name: &str, value: Value) {
        let mut document = self.document();
        document[name] = value;
        self.server.always("/.well-known/openid-configuration", Reply::ok(&document.to_string()));
    }

    /// Returns valid claims.
    pub(super) fn claims(&self) -> Value {
        let now = self.clock.now().timestamp();
        json!({
            "iss": self.server.url, "sub": "248289761001", "aud": CLIENT, "nonce": NONCE, "iat": now,
            "exp": now + 300, "name": "Ada", "email": "ada@example.com", "email_verified": true,
        })
    }

    /// Signs the claims and returns them as ID token from now on.
    pub(super) fn issue(&self, claims: &Value) {
        self.issue_token(&self.key.sign(claims));
    }

    /// Returns this ID token from now on.
    pub(super) fn issue_token(&self, id_token: &str) {
        let body = json!({
            "access_token": ACCESS, "token_type": "Bearer", "expires_in": 3600, "refresh_token": "r",
            "id_token": id_token,
        });
        self.server.always("/token", Reply::ok(&body.to_string()));
    }

    pub(super) async fn authorize(&self) -> Result<Url, ProviderError> {
        let redirect_uri = Url::parse("https://app.example/callback/corp").unwrap();
        let request = AuthorizeRequest {
            state: "the state",
            redirect_uri: &redirect_uri,
            challenge: "the challenge",
            nonce: NONCE,
            display: Display::Page,
        };
        self.oidc.authorize_url(&request).await
    }

    pub(super) async fn identify(&self) -> Result<Profile, ProviderError> {
        self.identify_with(None).await
    }

    pub(super) async fn identify_with(&self, user: Option<&str>) -> Result<Profile, ProviderError> {
        let redirect_uri = Url::parse("https://app.example/callback/corp").unwrap();
        let verifier = SecretString::from("the verifier");
        let callback = Callback {
            code: "the code",
            redirect_uri: &redirect_uri,
            verifier: &verifier,
            nonce: NONCE,
            user,
        };
        self.oidc.identify(&callback).await
    }

    /// Returns the text of the error.
    #[track_caller]
    pub(super) fn error(profile: Result<Profile, ProviderError>) -> String {
        profile.err().expect("the sign-in fails").to_string()
    }
}
