//! Settings for services behind the gateway.

use std::str::FromStr;
use std::time::Duration;

use super::reader::Reader;

/// Settings of forward authentication, introspection and upstream tokens. No `Debug`: it contains digests of secrets.
#[derive(Clone)]
pub struct ServiceSettings {
    /// Whether forward authentication and the Hasura webhook check the session and the account in the database.
    pub strict: bool,
    /// `aud` of upstream tokens.
    pub upstream_audience: String,
    /// How long an upstream token is valid.
    pub upstream_lifetime: Duration,
    /// The services that can introspect tokens. A name can occur more than once while its secret is being changed.
    pub clients: Vec<ServiceClient>,
}

/// A service that authenticates by name and secret.
#[derive(Clone, PartialEq, Eq)]
pub struct ServiceClient {
    /// The name: letters, digits, `.`, `_` and `-`.
    pub name: String,
    /// SHA-256 of the secret.
    pub digest: [u8; 32],
}

impl ServiceSettings {
    /// Reads the section.
    pub fn read(reader: &mut Reader) -> Self {
        let settings = Self {
            strict: reader.value(
                "services.strict",
                "true",
                "Whether `/auth/verify` and `/auth/hasura` check in the database that the session and the account are active. Otherwise a valid token is sufficient.",
            ),
            upstream_audience: reader.value(
                "services.upstream_audience",
                "menjin-upstream",
                "`aud` of the upstream tokens that `/auth/verify` returns to proxies. It must differ from that of access tokens.",
            ),
            upstream_lifetime: reader.duration(
                "services.upstream_lifetime",
                "60s",
                "How long an upstream token is valid.",
            ),
            clients: reader.list(
                "services.clients",
                "",
                "Services that can introspect tokens and query `_entities` (federation), as `name:SHA-256 of the secret in hex`. Create secrets with `openssl rand -hex 32`.",
            ),
        };
        if settings.upstream_lifetime < Duration::from_secs(1)
            || settings.upstream_lifetime > Duration::from_secs(300)
        {
            reader.error("services.upstream_lifetime", "must be 1s to 5m: the token is for one request");
        }
        settings
    }

    /// Checks that upstream tokens have an audience of their own: a service that checks only signature and audience
    /// must not accept one kind of token for the other.
    pub fn check(&self, access_audience: &str, reader: &mut Reader) {
        if self.upstream_audience == access_audience {
            reader.error("services.upstream_audience", "must differ from `tokens.audience`");
        }
    }
}

impl FromStr for ServiceClient {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str =
            "expected a name and the SHA-256 of a secret in 64 hex digits, such as orders:9f86…";
        let (name, hex) = text.split_once(':').ok_or(EXPECTED)?;
        let named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if !(1..=64).contains(&name.len()) || !name.bytes().all(named) || hex.len() != 64 {
            return Err(EXPECTED);
        }
        let mut digest = [0; 32];
        for (byte, pair) in digest.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            let nibble = |digit: u8| char::from(digit).to_digit(16).ok_or(EXPECTED);
            let value = nibble(pair[0])? * 16 + nibble(pair[1])?;
            *byte = u8::try_from(value).map_err(|_| EXPECTED)?;
        }
        Ok(Self { name: name.to_owned(), digest })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::reader::Source;
    use crate::core::secret::sha256;

    fn errors(variables: &[(&str, &str)]) -> Vec<String> {
        let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut reader = Reader::new(Source::from_variables(owned));
        let settings = ServiceSettings::read(&mut reader);
        settings.check("menjin", &mut reader);
        reader.finish().1
    }

    #[test]
    fn a_client_has_a_name_and_a_digest() {
        // printf s3cret | sha256sum
        let text = "orders:1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0";
        let client: ServiceClient = text.parse().unwrap_or_else(|error| panic!("{error}"));
        assert!(client == ServiceClient { name: "orders".into(), digest: sha256(b"s3cret") });
        assert!(text.to_uppercase().parse::<ServiceClient>().is_ok());
        let hex = "0".repeat(64);
        for text in [
            "",
            "orders",
            "orders:",
            "orders:s3cret",
            &format!(":{hex}"),
            &format!("a b:{hex}"),
            &format!("{}:{hex}", "n".repeat(65)),
            &format!("a:{hex}0"),
            &format!("a:{}", "é".repeat(32)),
        ] {
            assert!(text.parse::<ServiceClient>().is_err(), "{text}");
        }
    }

    #[test]
    fn values_that_weaken_tokens_are_errors() {
        assert!(errors(&[]).is_empty());
        for (name, value) in [
            ("MENJIN_SERVICES_UPSTREAM_AUDIENCE", "menjin"),
            ("MENJIN_SERVICES_UPSTREAM_LIFETIME", "6m"),
            ("MENJIN_SERVICES_UPSTREAM_LIFETIME", "0s"),
            ("MENJIN_SERVICES_STRICT", "maybe"),
            ("MENJIN_SERVICES_CLIENTS", "orders:hunter2"),
        ] {
            let errors = errors(&[(name, value)]);
            assert_eq!(errors.len(), 1, "{name}={value}: {errors:?}");
            assert!(!errors[0].contains("hunter2"));
        }
    }

    proptest! {
        #[test]
        fn parsing_any_text_does_not_panic(text in "\\PC{0,80}") {
            let _ = text.parse::<ServiceClient>().is_ok();
        }
    }
}
