//! Where the provider's endpoints are (`OpenID` Connect Discovery 1.0).

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use url::{Host, Url};

use crate::social::client::HttpClient;
use crate::social::provider::ProviderError;

/// What is wanted of the discovery document.
#[derive(Debug, Deserialize)]
pub(super) struct Discovery {
    issuer: String,
    #[serde(deserialize_with = "address")]
    pub(super) authorization_endpoint: Url,
    #[serde(deserialize_with = "address")]
    pub(super) token_endpoint: Url,
    #[serde(deserialize_with = "address")]
    pub(super) jwks_uri: Url,
    #[serde(default, deserialize_with = "some_address")]
    pub(super) userinfo_endpoint: Option<Url>,
    #[serde(default = "basic")]
    token_endpoint_auth_methods_supported: Vec<String>,
}

/// Where the document says nothing (section 3 of the specification).
fn basic() -> Vec<String> {
    vec!["client_secret_basic".into()]
}

fn address<'de, D: Deserializer<'de>>(reader: D) -> Result<Url, D::Error> {
    String::deserialize(reader)?.parse().map_err(D::Error::custom)
}

fn some_address<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<Url>, D::Error> {
    let text = Option::<String>::deserialize(reader)?;
    text.map(|text| text.parse().map_err(D::Error::custom)).transpose()
}

/// How a client with a secret shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Authentication {
    Basic,
    Post,
}

impl Discovery {
    /// Asks for the document and checks it.
    ///
    /// # Errors
    /// [`ProviderError::Misconfigured`] for a document of another issuer, or with an address that is not safe.
    pub(super) async fn fetch(http: &HttpClient, issuer: &str) -> Result<Self, ProviderError> {
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let address = Url::parse(&address).map_err(|_| misconfigured("issuer"))?;
        if !is_safe(&address, is_here(&address)) {
            return Err(misconfigured("issuer"));
        }
        let answer = http.get(address, &[("accept", "application/json")]).await?;
        if answer.status != 200 {
            return Err(ProviderError::Unavailable(format!("discovery answers with {}", answer.status)));
        }
        let document: Self = serde_json::from_str(&answer.text)
            .map_err(|error| ProviderError::Unavailable(format!("discovery makes no sense: {error}")))?;
        document.check(issuer)?;
        Ok(document)
    }

    fn check(&self, issuer: &str) -> Result<(), ProviderError> {
        if self.issuer != issuer {
            return Err(misconfigured("issuer"));
        }
        let here = Url::parse(issuer).is_ok_and(|issuer| is_here(&issuer));
        let addresses = [
            ("authorization_endpoint", Some(&self.authorization_endpoint)),
            ("token_endpoint", Some(&self.token_endpoint)),
            ("jwks_uri", Some(&self.jwks_uri)),
            ("userinfo_endpoint", self.userinfo_endpoint.as_ref()),
        ];
        match addresses.iter().find(|(_, address)| address.is_some_and(|address| !is_safe(address, here))) {
            Some((name, _)) => Err(misconfigured(name)),
            None => Ok(()),
        }
    }

    /// How a shared secret is shown; every server that follows RFC 6749, section 2.3.1, takes the first.
    ///
    /// # Errors
    /// [`ProviderError::Misconfigured`] where the provider wants something else.
    pub(super) fn authentication(&self) -> Result<Authentication, ProviderError> {
        let offers = |name: &str| self.token_endpoint_auth_methods_supported.iter().any(|it| it == name);
        if offers("client_secret_basic") {
            Ok(Authentication::Basic)
        } else if offers("client_secret_post") {
            Ok(Authentication::Post)
        } else {
            Err(misconfigured("token_endpoint_auth_method"))
        }
    }
}

/// Plain HTTP is for a provider on this machine: a sandbox, a test.
fn is_safe(address: &Url, here: bool) -> bool {
    address.scheme() == "https" && address.has_host() || here && is_here(address)
}

fn is_here(address: &Url) -> bool {
    let loopback = match address.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    address.scheme() == "http" && loopback
}

fn misconfigured(code: &str) -> ProviderError {
    ProviderError::Misconfigured { code: code.into() }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn document(issuer: &str, base: &str) -> Value {
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{base}/authorize"),
            "token_endpoint": format!("{base}/token"),
            "jwks_uri": format!("{base}/jwks"),
            "userinfo_endpoint": format!("{base}/me"),
        })
    }

    fn check(document: Value, issuer: &str) -> Result<(), String> {
        let document: Discovery = serde_json::from_value(document).unwrap();
        document.check(issuer).map_err(|error| error.to_string())
    }

    #[test]
    fn the_issuer_is_the_same_to_the_letter() {
        let good = "https://sso.example";
        for (issuer, same) in [(good, true), ("https://sso.example/", false), ("https://SSO.example", false)]
        {
            assert_eq!(check(document(issuer, good), good).is_ok(), same, "{issuer}");
        }
    }

    #[test]
    fn every_address_is_https_unless_all_is_on_this_machine() {
        for (issuer, base, good) in [
            ("https://sso.example", "https://other.example", true),
            ("https://sso.example", "http://sso.example", false),
            ("https://sso.example", "http://127.0.0.1:1", false),
            ("http://127.0.0.1:1", "http://localhost:2", true),
            ("http://[::1]:1", "http://127.0.0.1:1", true),
            ("http://127.0.0.1:1", "https://sso.example", true),
            ("http://127.0.0.1:1", "http://sso.example", false),
            ("http://127.0.0.1:1", "file:///etc", false),
        ] {
            for name in ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"] {
                let mut one = document(issuer, issuer);
                one[name] = document(issuer, base)[name].clone();
                let answer = check(one, issuer);
                assert_eq!(answer.is_ok(), good, "{issuer} {base} {name} {answer:?}");
                assert!(good || answer.unwrap_err().contains(name));
            }
        }
    }

    #[tokio::test]
    async fn a_plain_issuer_elsewhere_is_never_asked() {
        let http = HttpClient::new(std::time::Duration::from_millis(1), None).unwrap();
        let error = Discovery::fetch(&http, "http://sso.example").await.unwrap_err();
        assert!(matches!(error, ProviderError::Misconfigured { code } if code == "issuer"));
    }

    #[test]
    fn secrets_are_shown_as_the_provider_offers() {
        for (methods, expected) in [
            (None, Some(Authentication::Basic)),
            (Some(json!(["client_secret_post", "client_secret_basic"])), Some(Authentication::Basic)),
            (Some(json!(["private_key_jwt", "client_secret_post"])), Some(Authentication::Post)),
            (Some(json!(["private_key_jwt"])), None),
        ] {
            let mut document = document("https://sso.example", "https://sso.example");
            if let Some(methods) = methods {
                document["token_endpoint_auth_methods_supported"] = methods;
            }
            let document: Discovery = serde_json::from_value(document).unwrap();
            assert_eq!(document.authentication().ok(), expected);
        }
    }
}
