//! The credentials of a service: HTTP Basic, as OAuth's clients send them (RFC 6749, section 2.3.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use url::form_urlencoded;

use crate::accounts::service_clients::{ClientRefusal, ServiceClients};
use crate::core::client::Client;
use crate::core::secret::SecretString;

/// A name and a secret.
struct Credentials {
    name: String,
    secret: SecretString,
}

/// Whether `header` holds the credentials of a service that we know.
pub(super) async fn prove(
    clients: &ServiceClients,
    header: &HeaderValue,
    client: &Client,
) -> Result<(), ClientRefusal> {
    let Some(Credentials { name, secret }) = header.to_str().ok().and_then(basic) else {
        return Err(ClientRefusal::WrongCredentials);
    };
    clients.authenticate(&name, &secret, client).await
}

/// The standard wants both parts form-encoded before they are put together. Few programs do so; secrets in hex look the
/// same both ways, and a `+` or `%` that was meant as such must have been encoded.
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
    // The value of one pair without a name; `&` would end it.
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
        fn what_was_encoded_is_read_back(name in "\\PC{0,20}", secret in "\\PC{0,20}") {
            let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            prop_assert_eq!(read(&format!("{}:{}", encoded(&name), encoded(&secret))), Some((name, secret)));
        }
    }
}
