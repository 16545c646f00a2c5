//! What Apple does its own way: the client secret that the client signs itself, and the name that comes once, beside
//! the code ("Sign in with Apple REST API").

use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Deserialize;
use serde_json::json;

use crate::core::clock::Instant;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::social::values;

/// How long a signed secret holds. Apple allows half a year; it is used at once.
const LIFETIME: TimeDelta = TimeDelta::minutes(5);

/// Signs client secrets.
pub(super) struct Signer {
    team_id: String,
    key_id: String,
    key: EncodingKey,
}

impl Signer {
    /// Reads the key, and tries it.
    ///
    /// # Errors
    /// In words for the operator, without the key.
    pub(super) fn new(team_id: String, key_id: String, pem: &SecretString) -> Result<Self, String> {
        let refused = |_| "the private key of Sign in with Apple is no P-256 key as PKCS#8 in PEM".to_owned();
        // What goes through one line of an environment file has its line ends written out.
        let pem = SecretString::from(pem.expose_secret().replace("\\n", "\n"));
        let key = EncodingKey::from_ec_pem(pem.expose_secret().as_bytes()).map_err(refused)?;
        jsonwebtoken::crypto::sign(b"try", &key, Algorithm::ES256).map_err(refused)?;
        Ok(Self { team_id, key_id, key })
    }

    /// The secret of that client towards that issuer.
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

/// The name in the form field `user`. Nobody has signed that field, the browser could have written it: it is good for a
/// nickname and for nothing else, and the e-mail in it is not looked at.
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
    fn the_name_is_put_together_from_what_is_there() {
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
    fn a_key_that_cannot_sign_is_told_at_the_start() {
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
