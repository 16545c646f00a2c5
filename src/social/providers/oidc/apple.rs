//! What is specific to Apple: the client secret is a JWT that the client signs, and the name is sent once, together with
//! the code ("Sign in with Apple REST API").

use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Deserialize;
use serde_json::json;

use crate::core::clock::Instant;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::social::values;

/// The lifetime of a client secret. Apple allows six months, but each secret is used immediately.
const LIFETIME: TimeDelta = TimeDelta::minutes(5);

/// Signs client secrets.
pub(super) struct Signer {
    team_id: String,
    key_id: String,
    key: EncodingKey,
}

impl Signer {
    /// Parses the key and signs a test message with it.
    ///
    /// # Errors
    /// A message for the operator, without the key.
    pub(super) fn new(team_id: String, key_id: String, pem: &SecretString) -> Result<Self, String> {
        let invalid =
            |_| "the private key of Sign in with Apple is not a P-256 key in PKCS#8 PEM format".to_owned();
        // In environment files, line breaks are often written as `\n`.
        let pem = SecretString::from(pem.expose_secret().replace("\\n", "\n"));
        let key = EncodingKey::from_ec_pem(pem.expose_secret().as_bytes()).map_err(invalid)?;
        jsonwebtoken::crypto::sign(b"try", &key, Algorithm::ES256).map_err(invalid)?;
        Ok(Self { team_id, key_id, key })
    }

    /// Builds the client secret for an issuer.
    pub(super) fn secret(
        &self,
        issuer: &str,
        client_id: &str,
        now: Instant,
    ) -> jsonwebtoken::errors::Result<SecretString> {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.key_id.clone());
        let claims = json!({
            "iss": self.team_id,
            "iat": now.timestamp(),
            "exp": (now + LIFETIME).timestamp(),
            "aud": issuer,
            "sub": client_id,
        });
        jsonwebtoken::encode(&header, &claims, &self.key).map(SecretString::from)
    }
}

/// Returns the name in the form field `user`. The field is not signed, so the browser could have changed it. The name is
/// used as a nickname only, and the e-mail address in the field is ignored.
pub(super) fn name(user: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct User {
        name: Name,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Name {
        first_name: Option<String>,
        last_name: Option<String>,
    }
    let User { name } = serde_json::from_str(user).ok()?;
    let parts = [name.first_name, name.last_name].into_iter().flatten();
    let parts: Vec<_> = parts.map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
    values::nickname(&parts.join(" "))
}

#[cfg(test)]
mod tests {
    use super::super::testing::private_key;
    use super::*;

    #[test]
    fn the_name_is_built_from_the_available_parts() {
        for (user, expected) in [
            (
                r#"{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"a@example.com"}"#,
                Some("Ada Lovelace"),
            ),
            (r#"{"name":{"firstName":" 小明 ","lastName":""}}"#, Some("小明")),
            (r#"{"name":{"firstName":null}}"#, None),
            (r#"{"email":"a@example.com"}"#, None),
            (r#"{"name":"Ada"}"#, None),
            ("{", None),
        ] {
            assert_eq!(name(user).as_deref(), expected, "{user}");
        }
    }

    #[test]
    fn an_invalid_key_is_reported_at_startup() {
        let new = |pem: &str| Signer::new("T".into(), "K".into(), &SecretString::from(pem));
        let others = [Algorithm::ES384, Algorithm::EdDSA, Algorithm::RS256].map(private_key);
        let broken = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".to_owned();
        for pem in others.into_iter().chain([String::new(), "secret".into(), broken]) {
            let error = new(&pem).err().unwrap();
            assert!(error.contains("P-256") && !error.contains("AAAA"), "{error}");
        }
        assert!(new(&private_key(Algorithm::ES256)).is_ok());
    }
}
