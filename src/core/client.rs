//! The sender of a request: address, language and cookies. Nothing here is authenticated.

use std::net::IpAddr;

use super::language::Language;
use super::secret::{ExposeSecret as _, SecretString, sha256};

/// The sender of one request.
#[derive(Clone)]
pub struct Client {
    /// The address of the socket, or the one that a configured proxy forwarded.
    pub address: IpAddr,
    /// At most 512 characters, without control characters.
    pub user_agent: Option<String>,
    pub language: Language,
    /// The device cookie of a browser that signed in before. It does not authenticate anyone.
    pub device: Option<SecretString>,
    /// The cookie that binds a social sign-in to the browser that started it.
    pub browser: Option<SecretString>,
    /// The refresh token in its cookie.
    pub refresh: Option<SecretString>,
    /// The request id in responses and log lines.
    pub request_id: String,
}

impl Client {
    /// Returns the key for rate limits: an IPv4 address, or the /64 network of an IPv6 address, which is what one
    /// customer gets.
    #[must_use]
    pub fn network(&self) -> String {
        match self.address.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }
    }

    /// Returns the digest of the device cookie that sessions store.
    #[must_use]
    pub fn device_digest(&self) -> Option<Vec<u8>> {
        self.device.as_ref().map(|device| sha256(device.expose_secret().as_bytes()).to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_count_together() {
        let network = |address: &str| {
            let address = address.parse().unwrap();
            let language = Language::default();
            Client {
                address,
                user_agent: None,
                language,
                device: None,
                browser: None,
                refresh: None,
                request_id: String::new(),
            }
            .network()
        };
        assert_eq!(network("203.0.113.7"), "203.0.113.7");
        assert_eq!(network("::ffff:203.0.113.7"), "203.0.113.7");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::1"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
    }
}
