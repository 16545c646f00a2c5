//! Settings of the keys that sign access tokens.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::reader::Reader;
use crate::core::secret::{ExposeSecret as _, SecretString};

/// How access tokens are signed (RFC 7518 and RFC 8037).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenAlgorithm {
    EdDsa,
    Es256,
    Rs256,
    /// HMAC: the same secret signs and verifies, and is never published.
    Hs256,
}

impl TokenAlgorithm {
    /// Returns the name in `alg`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::Hs256 => "HS256",
        }
    }
}

impl fmt::Display for TokenAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TokenAlgorithm {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::EdDsa, Self::Es256, Self::Rs256, Self::Hs256];
        all.into_iter().find(|one| one.as_str() == text).ok_or("expected EdDSA, ES256, RS256 or HS256")
    }
}

/// Settings of the signing keys.
#[derive(Clone)]
pub struct KeySettings {
    pub algorithm: TokenAlgorithm,
    /// Set if and only if the algorithm is [`TokenAlgorithm::Hs256`].
    pub hs256_secret: Option<SecretString>,
    /// How long a key signs. Zero disables rotation.
    pub rotation: Duration,
    pub jwks_max_age: Duration,
}

/// RFC 7518, section 3.2: at least as long as the digest.
const SHORTEST_SECRET: usize = 32;

impl KeySettings {
    /// Reads the section.
    pub fn read(reader: &mut Reader) -> Self {
        let settings = Self {
            algorithm: reader.value(
                "tokens.algorithm",
                "EdDSA",
                "How access tokens are signed: `EdDSA` (Ed25519), `ES256` or `RS256`, which anyone can verify with \
                 `/.well-known/jwks.json`; or `HS256`, which only holders of the secret can verify. After a change the \
                 gateways rotate the keys. A next key that was already generated is used first, unless `menjin keys \
                 rotate` replaces it.",
            ),
            hs256_secret: reader.secret(
                "tokens.hs256_secret",
                "The secret for `HS256`, at least 32 random bytes; it is never published. Must be empty for other algorithms.",
            ),
            rotation: reader.duration(
                "tokens.rotation",
                "90d",
                "How long a key signs before it is replaced. `0d`: until `menjin keys rotate`.",
            ),
            jwks_max_age: reader.duration(
                "tokens.jwks_max_age",
                "5m",
                "How long `/.well-known/jwks.json` may be cached. A key is published longer than this before it signs.",
            ),
        };
        settings.check(reader);
        settings
    }

    fn check(&self, reader: &mut Reader) {
        let length = self.hs256_secret.as_ref().map(|secret| secret.expose_secret().len());
        match (self.algorithm, length) {
            (TokenAlgorithm::Hs256, None) => {
                reader.error("tokens.hs256_secret", "required with `tokens.algorithm` HS256");
            }
            (TokenAlgorithm::Hs256, Some(length)) if length < SHORTEST_SECRET => {
                reader.error(
                    "tokens.hs256_secret",
                    "must have at least 32 bytes; create one with `openssl rand -base64 32`",
                );
            }
            (TokenAlgorithm::EdDsa | TokenAlgorithm::Es256 | TokenAlgorithm::Rs256, Some(_)) => {
                reader.error("tokens.hs256_secret", "must be empty: only `tokens.algorithm` HS256 uses it");
            }
            (_, _) => {}
        }
        if !self.rotation.is_zero() && self.rotation < Duration::from_secs(3_600) {
            reader.error("tokens.rotation", "must be 0d, or at least 1h");
        }
        if self.rotation > Duration::from_secs(3_650 * 86_400) {
            reader.error("tokens.rotation", "must be at most 3650d");
        }
        if self.jwks_max_age < Duration::from_secs(1) || self.jwks_max_age > Duration::from_secs(86_400) {
            reader.error("tokens.jwks_max_age", "must be 1s to 1d");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::reader::Source;

    fn errors(variables: &[(&str, &str)]) -> String {
        let pairs = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut reader = Reader::new(Source::from_variables(pairs));
        KeySettings::read(&mut reader);
        reader.finish().1.join("\n")
    }

    #[test]
    fn hs256_and_its_secret_require_each_other() {
        let secret = ("MENJIN_TOKENS_HS256_SECRET", "0123456789abcdef0123456789abcdef");
        let hs256 = ("MENJIN_TOKENS_ALGORITHM", "HS256");
        assert_eq!(errors(&[]), "");
        assert_eq!(errors(&[hs256, secret]), "");
        assert!(errors(&[hs256]).contains("required"));
        assert!(errors(&[hs256, (secret.0, &secret.1[1..])]).contains("32 bytes"));
        for algorithm in ["EdDSA", "ES256", "RS256"] {
            assert!(
                errors(&[("MENJIN_TOKENS_ALGORITHM", algorithm), secret]).contains("only"),
                "{algorithm}"
            );
        }
        assert!(errors(&[("MENJIN_TOKENS_ALGORITHM", "none")]).contains("expected"));
    }

    #[test]
    fn durations_have_bounds() {
        for (name, bad, good) in [
            ("MENJIN_TOKENS_ROTATION", ["59m", "3651d"], ["0d", "1h"]),
            ("MENJIN_TOKENS_JWKS_MAX_AGE", ["0s", "2d"], ["1s", "1d"]),
        ] {
            assert!(bad.iter().all(|value| !errors(&[(name, value)]).is_empty()), "{name}");
            assert!(good.iter().all(|value| errors(&[(name, value)]).is_empty()), "{name}");
        }
    }
}
