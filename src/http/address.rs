//! Reads the client of a request: address, device, language and request id.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use http::HeaderMap;
use http::header::{ACCEPT_LANGUAGE, COOKIE, HeaderName, USER_AGENT};

use crate::config::http::{HttpSettings, Network};
use crate::core::client::Client;
use crate::core::language::Language;
use crate::core::random::Random;

/// Identifies a request in responses and log lines.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The remote end of the connection. The server adds it to the extensions of each request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Returns the client of a request. Without a peer, which happens in tests only, the address is `0.0.0.0`.
#[must_use]
pub fn client(settings: &HttpSettings, random: &Random, peer: Option<Peer>, headers: &HeaderMap) -> Client {
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip().to_canonical());
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let proxied = trusted(&settings.trusted_proxies, peer);
    Client {
        address: caller_address(&settings.trusted_proxies, peer, headers),
        user_agent: headers.get(USER_AGENT).and_then(|value| user_agent(value.as_bytes())),
        language: text(ACCEPT_LANGUAGE).map_or_else(Language::default, Language::from_accept_language),
        device: cookie(settings.public_url.is_https(), "menjin_device", 43, headers).map(Into::into),
        browser: cookie(settings.public_url.is_https(), "menjin_browser", 43, headers).map(Into::into),
        refresh: cookie(settings.public_url.is_https(), "menjin_refresh", 70, headers).map(Into::into),
        request_id: text(REQUEST_ID).filter(|id| proxied && is_request_id(id)).map_or_else(
            || uuid::Builder::from_random_bytes(random.bytes()).into_uuid().to_string(),
            str::to_owned,
        ),
    }
}

fn trusted(proxies: &[Network], address: IpAddr) -> bool {
    proxies.iter().any(|network| network.contains(address))
}

/// Returns the nearest address that is not a trusted proxy. Each proxy appends the address from which it received the
/// request, so the list is read from right to left. Entries to the left of the first untrusted address were written by
/// that client and are ignored.
fn caller_address(proxies: &[Network], peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let mut nearest = peer;
    let lines: Vec<_> = headers.get_all(FORWARDED_FOR).iter().collect();
    for line in lines.into_iter().rev() {
        for entry in line.to_str().unwrap_or_default().rsplit(',') {
            if !trusted(proxies, nearest) {
                return nearest;
            }
            match forwarded(entry.trim()) {
                Some(address) => nearest = address,
                None => return nearest,
            }
        }
    }
    nearest
}

/// Parses an address as proxies write it: with or without a port, and IPv6 addresses with or without brackets.
fn forwarded(entry: &str) -> Option<IpAddr> {
    let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(entry);
    let address =
        bare.parse().ok().or_else(|| entry.parse::<SocketAddr>().ok().map(|address| address.ip()))?;
    Some(IpAddr::to_canonical(&address))
}

/// Returns at most 512 characters without control characters; `None` if nothing remains.
fn user_agent(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let kept: String = text.chars().filter(|c| !c.is_control()).take(512).collect();
    Some(kept.trim().to_owned()).filter(|kept| !kept.is_empty())
}

/// Returns the value of a cookie if it has the expected form: `length` characters of base64url. With https only the
/// `__Host-` cookie is accepted, because subdomains cannot set it.
fn cookie(https: bool, name: &str, length: usize, headers: &HeaderMap) -> Option<String> {
    let matches = |found: &str| {
        if https { found.strip_prefix("__Host-") == Some(name) } else { found == name }
    };
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let is_token = |value: &str| {
        value.len() == length
            && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    pairs.filter(|(name, value)| matches(name) && is_token(value)).map(|(_, value)| value.to_owned()).next()
}

fn is_request_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;
    use crate::core::secret::ExposeSecret as _;
    use crate::http::testing::settings;

    const TOKEN: &str = "abcdefghijklmnopqrstuvwxyz-_0123456789ABCDE";

    fn seen(proxies: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let proxies: Vec<Network> = proxies.iter().map(|text| text.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_str(line).unwrap());
        }
        caller_address(&proxies, peer.parse().unwrap(), &headers).to_string()
    }

    fn with(headers: &[(HeaderName, &str)], proxies: &[&str]) -> Client {
        let mut settings = settings();
        settings.trusted_proxies = proxies.iter().map(|text| text.parse().unwrap()).collect();
        let pairs = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()));
        let peer = Peer("10.0.0.1:1234".parse().unwrap());
        client(&settings, &Random::seeded(1), Some(peer), &pairs.collect())
    }

    #[test]
    fn forwarded_addresses_are_accepted_only_from_trusted_proxies() {
        let net = ["10.0.0.0/8", "2001:db8::/32"];
        assert_eq!(seen(&[], "203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(seen(&net, "203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(seen(&net, "10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen(&net, "10.0.0.1", &["1.1.1.1, 198.51.100.1, 10.2.3.4"]), "198.51.100.1");
        assert_eq!(seen(&net, "10.0.0.1", &["1.1.1.1", "198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen(&net, "10.0.0.1", &["198.51.100.1:4711"]), "198.51.100.1");
        assert_eq!(seen(&net, "10.0.0.1", &["[2001:db9::1]:4711"]), "2001:db9::1");
        assert_eq!(seen(&net, "2001:db8::1", &["[2001:db9::1]"]), "2001:db9::1");
        assert_eq!(seen(&net, "10.0.0.1", &["::ffff:198.51.100.1"]), "198.51.100.1");
    }

    #[test]
    fn an_invalid_entry_ends_the_search_at_the_last_known_address() {
        let net = ["10.0.0.0/8"];
        assert_eq!(seen(&net, "10.0.0.1", &["198.51.100.1, unknown"]), "10.0.0.1");
        assert_eq!(seen(&net, "10.0.0.1", &["198.51.100.1, nonsense, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(seen(&net, "10.0.0.1", &[""]), "10.0.0.1");
        assert_eq!(seen(&net, "10.0.0.1", &["10.0.0.3"]), "10.0.0.3");
    }

    #[test]
    fn a_user_agent_is_truncated_and_has_no_control_characters() {
        assert_eq!(user_agent(b"a\tb\xff").as_deref(), Some("ab\u{fffd}"));
        assert_eq!(user_agent(&[b'x'; 2_000]).map(|agent| agent.len()), Some(512));
        assert_eq!(user_agent(b" \t "), None);
    }

    #[test]
    fn only_a_valid_device_cookie_is_accepted() {
        let device = |cookie: &str| with(&[(COOKIE, cookie)], &[]).device;
        let found = device(&format!("a=b; menjin_device={TOKEN}; c=d")).unwrap();
        assert_eq!(found.expose_secret(), TOKEN);
        assert!(device("menjin_device=short").is_none());
        assert!(device(&format!("menjin_device={TOKEN}=")).is_none());
        assert!(device(&format!("__Host-menjin_device={TOKEN}")).is_none());
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_str(&format!("menjin_device={TOKEN}")).unwrap());
        assert!(cookie(true, "menjin_device", 43, &headers).is_none());
        headers.append(COOKIE, HeaderValue::from_str(&format!("__Host-menjin_device={TOKEN}")).unwrap());
        assert!(cookie(true, "menjin_device", 43, &headers).is_some());
    }

    #[test]
    fn a_request_id_is_accepted_only_from_trusted_proxies() {
        let id = |value: &str, proxies: &[&str]| with(&[(REQUEST_ID, value)], proxies).request_id;
        assert_eq!(id("trace-1.a_B", &["10.0.0.1"]), "trace-1.a_B");
        for (value, proxies) in
            [("trace-1", &[][..]), ("a b", &["10.0.0.1"]), (&"x".repeat(65), &["10.0.0.1"])]
        {
            assert!(uuid::Uuid::parse_str(&id(value, proxies)).is_ok(), "{value}");
        }
    }

    #[test]
    fn the_language_comes_from_accept_language() {
        assert_eq!(with(&[(ACCEPT_LANGUAGE, "en-GB")], &[]).language, Language::English);
        assert_eq!(with(&[], &[]).language, Language::Chinese);
    }

    proptest! {
        #[test]
        fn any_header_value_is_handled(line in "[ -~]*") {
            seen(&["10.0.0.0/8", "::/1"], "10.0.0.1", &[&line]);
        }
    }
}
