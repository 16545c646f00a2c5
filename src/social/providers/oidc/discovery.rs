//! The provider's endpoints (`OpenID` Connect Discovery 1.0).

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use url::{Host, Url};

use crate::social::client::HttpClient;
use crate::social::provider::ProviderError;

/// The used members of the discovery document.
#[derive(Debug, Deserialize)]
pub(super) struct Discovery {
    issuer: String,
    #[serde(deserialize_with = "url")]
    pub(super) authorization_endpoint: Url,
    #[serde(deserialize_with = "url")]
    pub(super) token_endpoint: Url,
    #[serde(deserialize_with = "url")]
    pub(super) jwks_uri: Url,
    #[serde(default, deserialize_with = "optional_url")]
    pub(super) userinfo_endpoint: Option<Url>,
    #[serde(default = "basic")]
    token_endpoint_auth_methods_supported: Vec<String>,
}

/// The default of the specification (section 3).
fn basic() -> Vec<String> {
    vec!["client_secret_basic".into()]
}

fn url<'de, D: Deserializer<'de>>(reader: D) -> Result<Url, D::Error> {
    String::deserialize(reader)?.parse().map_err(D::Error::custom)
}

fn optional_url<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<Url>, D::Error> {
    let text = Option::<String>::deserialize(reader)?;
    text.map(|text| text.parse().map_err(D::Error::custom)).transpose()
}

/// How the gateway sends its client secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Authentication {
    Basic,
    Post,
}

impl Discovery {
    /// Fetches and checks the document.
    ///
    /// # Errors
    /// [`ProviderError::Misconfigured`] if the document is from another issuer or contains an unsafe URL.
    pub(super) async fn fetch(http: &HttpClient, issuer: &str) -> Result<Self, ProviderError> {
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|_| misconfigured("issuer"))?;
        if !is_safe(&url, is_loopback(&url)) {
            return Err(misconfigured("issuer"));
        }
        let response = http.get(url, &[("accept", "application/json")]).await?;
        if response.status != 200 {
            return Err(ProviderError::Unavailable(format!("discovery returned status {}", response.status)));
        }
        let document: Self = serde_json::from_str(&response.text)
            .map_err(|error| ProviderError::Unavailable(format!("invalid discovery document: {error}")))?;
        document.check(issuer)?;
        Ok(document)
    }

    fn check(&self, issuer: &str) -> Result<(), ProviderError> {
        if self.issuer != issuer {
            return Err(misconfigured("issuer"));
        }
        let local_issuer = Url::parse(issuer).is_ok_and(|issuer| is_loopback(&issuer));
        let urls = [
            ("authorization_endpoint", Some(&self.authorization_endpoint)),
            ("token_endpoint", Some(&self.token_endpoint)),
            ("jwks_uri", Some(&self.jwks_uri)),
            ("userinfo_endpoint", self.userinfo_endpoint.as_ref()),
        ];
        match urls.iter().find(|(_, url)| url.is_some_and(|url| !is_safe(url, local_issuer))) {
            Some((name, _)) => Err(misconfigured(name)),
            None => Ok(()),
        }
    }

    /// Returns how to send a shared secret. HTTP Basic is preferred because RFC 6749, section 2.3.1, requires servers to
    /// support it.
    ///
    /// # Errors
    /// [`ProviderError::Misconfigured`] if the provider supports neither method.
    pub(super) fn authentication(&self) -> Result<Authentication, ProviderError> {
        let supports = |name: &str| self.token_endpoint_auth_methods_supported.iter().any(|it| it == name);
        if supports("client_secret_basic") {
            Ok(Authentication::Basic)
        } else if supports("client_secret_post") {
            Ok(Authentication::Post)
        } else {
            Err(misconfigured("token_endpoint_auth_method"))
        }
    }
}

/// Returns whether the URL uses https. Plain HTTP is allowed if the issuer and the URL are on this machine, as in the
/// sandbox.
fn is_safe(url: &Url, local_issuer: bool) -> bool {
    url.scheme() == "https" && url.has_host() || local_issuer && is_loopback(url)
}

fn is_loopback(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "http" && loopback
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
    fn the_issuer_must_match_exactly() {
        let expected = "https://sso.example";
        for (issuer, same) in
            [(expected, true), ("https://sso.example/", false), ("https://SSO.example", false)]
        {
            assert_eq!(check(document(issuer, expected), expected).is_ok(), same, "{issuer}");
        }
    }

    #[test]
    fn every_url_must_be_https_unless_all_are_local() {
        for (issuer, base, valid) in [
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
                let result = check(one, issuer);
                assert_eq!(result.is_ok(), valid, "{issuer} {base} {name} {result:?}");
                assert!(valid || result.unwrap_err().contains(name));
            }
        }
    }

    #[tokio::test]
    async fn no_request_is_sent_to_a_remote_issuer_without_https() {
        let http = HttpClient::new(std::time::Duration::from_millis(1), None).unwrap();
        let error = Discovery::fetch(&http, "http://sso.example").await.unwrap_err();
        assert!(matches!(error, ProviderError::Misconfigured { code } if code == "issuer"));
    }

    #[test]
    fn the_authentication_method_is_one_that_the_provider_supports() {
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
