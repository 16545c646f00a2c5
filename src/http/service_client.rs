//! Authenticates services by HTTP Basic, as OAuth clients do (RFC 6749, section 2.3.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use url::form_urlencoded;

use crate::core::client::Client;
use crate::core::secret::SecretString;
use crate::sessions::service_clients::{ClientRefusal, ServiceClients};

struct Credentials {
    name: String,
    secret: SecretString,
}

/// Checks that `header` contains the credentials of a configured service.
pub(super) async fn authenticate(
    clients: &ServiceClients,
    header: &HeaderValue,
    client: &Client,
) -> Result<(), ClientRefusal> {
    let Some(Credentials { name, secret }) = header.to_str().ok().and_then(basic) else {
        return Err(ClientRefusal::WrongCredentials);
    };
    clients.authenticate(&name, &secret, client).await
}

/// Parses the header. RFC 6749 requires both parts to be form-encoded before they are joined, which few clients do. For
/// secrets in hexadecimal it makes no difference; a literal `+` or `%` must be encoded.
fn basic(header: &str) -> Option<Credentials> {
    let (scheme, encoded) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (name, secret) = text.split_once(':')?;
    Some(Credentials { name: decoded(name), secret: SecretString::from(decoded(secret)) })
}

fn decoded(part: &str) -> String {
    // Parse the part as the value of a pair without a name. An unescaped `&` would end the value.
    let pair = format!("={}", part.replace('&', "%26"));
    form_urlencoded::parse(pair.as_bytes()).map(|(_, value)| value.into_owned()).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core::secret::ExposeSecret as _;

    fn read(text: &str) -> Option<(String, String)> {
        let found = basic(&format!("Basic {}", STANDARD.encode(text)))?;
        Some((found.name, found.secret.expose_secret().to_owned()))
    }

    #[test]
    fn both_parts_are_form_encoded() {
        let pair = |name: &str, secret: &str| Some((name.to_owned(), secret.to_owned()));
        assert_eq!(read("orders:s3cret"), pair("orders", "s3cret"));
        assert_eq!(read("orders:a%2Bb+c%3Ad%26"), pair("orders", "a+b c:d&"));
        assert_eq!(read("orders:a:b=c&d"), pair("orders", "a:b=c&d"));
        assert_eq!(read(":"), pair("", ""));
        assert_eq!(read("orders"), None);
        for header in ["", "Basic", "Basic !", "Bearer b3JkZXJzOmE=", "Basic b3JkZXJzOmE", "Basic //8="] {
            assert!(basic(header).is_none(), "{header}");
        }
        assert!(basic("bASIC  b3JkZXJzOmE= ").is_some());
    }

    proptest! {
        #[test]
        fn encoded_credentials_are_read_back(name in "\\PC{0,20}", secret in "\\PC{0,20}") {
            let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            prop_assert_eq!(read(&format!("{}:{}", encoded(&name), encoded(&secret))), Some((name, secret)));
        }
    }
}
