//! The signature of webhooks by Standard Webhooks 1.0.0, symmetric form (`v1`).

use std::str::FromStr;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::core::clock::Instant;
use crate::core::secret::{ExposeSecret as _, SecretString};

/// The secret of one endpoint: `whsec_` and 24 to 64 bytes in base64. No `Debug`.
#[derive(Clone)]
pub struct WebhookSecret(SecretString);

/// The length of the decoded secret in bytes.
const LENGTH: std::ops::RangeInclusive<usize> = 24..=64;

impl FromStr for WebhookSecret {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let key = text.strip_prefix("whsec_").and_then(|key| STANDARD.decode(key).ok());
        match key {
            Some(key) if LENGTH.contains(&key.len()) => Ok(Self(text.to_owned().into())),
            _ => Err(
                "`whsec_` and 24 to 64 random bytes in base64 are expected; `openssl rand -base64 32` makes them",
            ),
        }
    }
}

impl WebhookSecret {
    fn key(&self) -> hmac::Key {
        let text = self.0.expose_secret();
        let key = STANDARD.decode(text.trim_start_matches("whsec_")).unwrap_or_default();
        hmac::Key::new(hmac::HMAC_SHA256, &key)
    }

    /// Returns the value of the header `webhook-signature`. `at` is the time of this attempt, which the header
    /// `webhook-timestamp` contains in seconds since the Unix epoch.
    #[must_use]
    pub fn sign(&self, id: &str, at: Instant, body: &[u8]) -> String {
        let tag = hmac::sign(&self.key(), &signed_text(id, at.timestamp(), body));
        format!("v1,{}", STANDARD.encode(tag.as_ref()))
    }

    /// Checks the value of the header `webhook-signature`: signatures separated by spaces. One of them must be valid,
    /// so that a secret can be changed.
    #[must_use]
    pub fn verify(&self, id: &str, timestamp: i64, body: &[u8], signatures: &str) -> bool {
        let (key, text) = (self.key(), signed_text(id, timestamp, body));
        let tags = signatures.split(' ').filter_map(|signature| signature.strip_prefix("v1,"));
        let mut tags = tags.filter_map(|tag| STANDARD.decode(tag).ok());
        tags.any(|tag| hmac::verify(&key, &text, &tag).is_ok())
    }
}

fn signed_text(id: &str, timestamp: i64, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp.to_string().as_bytes(), b".", body].concat()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    /// Secret, id, time, body and signature.
    const VECTORS: [(&str, &str, i64, &str, &str); 2] = [
        // From the official libraries.
        (
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
        (
            "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "msg_0001",
            1_700_000_000,
            r#"{"type":"user.signed_in","timestamp":"2023-11-14T22:13:20Z","data":{"id":"u_1"}}"#,
            "v1,HsHsmnJJJTNWgsZ03W/bHWCqoU8CDcZAPFLfVQAZyGU=",
        ),
    ];

    #[test]
    fn signatures_are_those_of_other_libraries() {
        for (secret, id, timestamp, body, signature) in VECTORS {
            let secret: WebhookSecret = secret.parse().unwrap();
            let at = DateTime::from_timestamp(timestamp, 0).unwrap();
            assert_eq!(secret.sign(id, at, body.as_bytes()), signature);
            let rotated = format!("v1,AAAA v1a,unknown {signature}");
            assert!(secret.verify(id, timestamp, body.as_bytes(), &rotated));
            assert!(!secret.verify(id, timestamp + 1, body.as_bytes(), signature));
            assert!(!secret.verify(id, timestamp, b"{}", signature));
            assert!(!secret.verify(id, timestamp, body.as_bytes(), ""));
        }
    }

    #[test]
    fn only_complete_secrets_are_accepted() {
        let short = format!("whsec_{}", STANDARD.encode([0; 23]));
        let long = format!("whsec_{}", STANDARD.encode([0; 65]));
        for text in ["", "whsec_", "whsec_???", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", &short, &long]
        {
            assert!(text.parse::<WebhookSecret>().is_err(), "{text}");
        }
    }
}
