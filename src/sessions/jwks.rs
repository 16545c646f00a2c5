//! The published keys (RFC 7517, section 5).

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;

use crate::core::secret::sha256;

/// A JWK set as it is sent. Cheap to clone.
#[derive(Clone)]
pub struct Jwks {
    pub body: Arc<str>,
    /// A strong entity tag, including its quotes.
    pub etag: Arc<str>,
    /// How long clients may cache it.
    pub max_age: Duration,
}

impl Jwks {
    pub(super) fn new<'a>(keys: impl Iterator<Item = &'a Jwk>, max_age: Duration) -> Self {
        let keys: Vec<_> = keys.collect();
        let body = serde_json::json!({ "keys": keys }).to_string();
        let digest = sha256(body.as_bytes());
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..12]));
        Self { body: body.into(), etag: etag.into(), max_age }
    }
}
