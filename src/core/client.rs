//! Who is calling: what a request tells of its sender before anybody has proven anything.

use std::net::IpAddr;

use super::language::Language;
use super::secret::{ExposeSecret as _, SecretString, sha256};

/// The sender of one request.
#[derive(Clone)]
pub struct Client {
    /// From the socket, or through configured proxies.
    pub address: IpAddr,
    /// At most 512 characters, without control characters.
    pub user_agent: Option<String>,
    pub language: Language,
    /// The device cookie: tells a browser that signed in here before. It proves nothing by itself.
    pub device: Option<SecretString>,
    /// The cookie that ties a social sign-in to the browser in which it began.
    pub browser: Option<SecretString>,
    /// The refresh token in its cookie.
    pub refresh: Option<SecretString>,
    /// Names the request in answers and log lines.
    pub request_id: String,
}

impl Client {
    /// What limits count by: an IPv4 address, or the /64 network of an IPv6 one, which is what one customer gets.
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

    /// The digest by which sessions remember the device.
    #[must_use]
    pub fn device_digest(&self) -> Option<Vec<u8>> {
        self.device.as_ref().map(|device| sha256(device.expose_secret().as_bytes()).to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_customer_is_one_network() {
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
