//! HTTP settings: listener, public URL, allowed origins, trusted proxies and timeouts.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use url::Url;

use super::reader::Reader;

/// HTTP settings.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    pub development: bool,
    pub listen: SocketAddr,
    /// The origin under which browsers reach the gateway.
    pub public_url: Origin,
    /// Origins of web applications that may send requests with credentials.
    pub allowed_origins: Vec<Origin>,
    /// Proxies whose `X-Forwarded-For` and `X-Request-Id` are trusted.
    pub trusted_proxies: Vec<Network>,
    pub max_connections: usize,
    pub header_timeout: Duration,
    pub body_timeout: Duration,
    pub request_timeout: Duration,
    /// How long a connection may be idle.
    pub idle_timeout: Duration,
    /// How long requests in progress may continue after the shutdown has begun.
    pub drain: Duration,
    /// The maximum size of a request body in bytes.
    pub max_body: usize,
}

impl HttpSettings {
    /// Reads the section. In development the public URL defaults to `http.listen`. Production requires an https URL.
    pub fn read(reader: &mut Reader, development: bool) -> Self {
        let listen: SocketAddr =
            reader.value("http.listen", "127.0.0.1:8000", "The address and port to listen on.");
        let public_url: Option<Origin> = reader.optional(
            "http.public_url",
            "The URL under which browsers reach the gateway, such as https://login.example.com. Required in production. Default in development: `http.listen`, with 127.0.0.1 for the wildcard address.",
        );
        if !development && !public_url.as_ref().is_some_and(Origin::is_https) {
            reader.error("http.public_url", "production requires the https URL of the gateway");
        }
        let settings = Self {
            development,
            listen,
            public_url: public_url.unwrap_or_else(|| Origin::of_listener(listen)),
            allowed_origins: reader.list(
                "http.allowed_origins",
                "",
                "Origins of web applications that may send requests with credentials, such as https://app.example.com.",
            ),
            trusted_proxies: reader.list(
                "http.trusted_proxies",
                "",
                "Networks of proxies whose X-Forwarded-For is trusted, such as 10.0.0.0/8.",
            ),
            max_connections: reader.value("http.max_connections", "1024", "The maximum number of open connections."),
            header_timeout: reader.duration("http.header_timeout", "5s", "The timeout for receiving the headers of a request."),
            body_timeout: reader.duration("http.body_timeout", "10s", "The timeout for receiving the body of a request."),
            request_timeout: reader.duration("http.request_timeout", "10s", "The timeout for responding to a request."),
            idle_timeout: reader.duration("http.idle_timeout", "75s", "How long a connection may be idle."),
            drain: reader.duration("http.drain", "10s", "How long requests in progress may continue during shutdown."),
            max_body: reader.value("http.max_body", "65536", "The maximum size of a request body in bytes."),
        };
        if settings.max_connections == 0 {
            reader.error("http.max_connections", "must be at least 1");
        }
        if settings.max_body < 1_024 {
            reader.error("http.max_body", "must be at least 1024");
        }
        for (key, value) in [
            ("http.header_timeout", settings.header_timeout),
            ("http.body_timeout", settings.body_timeout),
            ("http.request_timeout", settings.request_timeout),
            ("http.idle_timeout", settings.idle_timeout),
        ] {
            if value.is_zero() {
                reader.error(key, "must be more than zero");
            }
        }
        settings
    }
}

/// `scheme://host[:port]` of http or https, as browsers write it in the `Origin` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    text: String,
    host: String,
}

impl Origin {
    /// Returns the origin as browsers write it: lower case, without path and default port.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the host name or address; an IPv6 address is in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    #[must_use]
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https://")
    }

    /// Returns the origin under which a browser on this machine opens the listener.
    #[must_use]
    pub fn of_listener(listen: SocketAddr) -> Self {
        // Browsers cannot open 0.0.0.0 or [::].
        let address = match listen.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => {
                SocketAddr::new(IpAddr::from([127, 0, 0, 1]), listen.port())
            }
            IpAddr::V6(ip) if ip.is_unspecified() => {
                SocketAddr::new(IpAddr::from([127, 0, 0, 1]), listen.port())
            }
            IpAddr::V4(_) | IpAddr::V6(_) => listen,
        };
        let host = match address.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        let text = if address.port() == 80 { format!("http://{host}") } else { format!("http://{address}") };
        Self { text, host }
    }
}

impl FromStr for Origin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str =
            "expected http:// or https:// with a host and optionally a port, and nothing after them";
        let url = Url::parse(text).map_err(|_| EXPECTED)?;
        let bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        let host =
            url.host_str().filter(|_| bare && matches!(url.scheme(), "http" | "https")).ok_or(EXPECTED)?;
        Ok(Self { text: url.origin().ascii_serialization(), host: host.to_owned() })
    }
}

/// A network or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(IpNet);

impl Network {
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }
}

impl FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let network = match text.parse::<IpAddr>() {
            Ok(address) => IpNet::from(address),
            Err(_) => text.parse().map_err(|_| "expected an address or a network such as 10.0.0.0/8")?,
        };
        if network.prefix_len() == 0 {
            return Err("must not be the network of all addresses: every client could choose its address");
        }
        Ok(Self(network))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::reader::Source;

    fn read(variables: &[(&str, &str)], development: bool) -> (HttpSettings, Vec<String>) {
        let pairs = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut reader = Reader::new(Source::from_variables(pairs));
        let settings = HttpSettings::read(&mut reader, development);
        (settings, reader.finish().1)
    }

    #[test]
    fn development_has_defaults_that_follow_the_port() {
        let (settings, errors) = read(&[], true);
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(settings.public_url.as_str(), "http://127.0.0.1:8000");
        let (settings, _) = read(&[("MENJIN_HTTP_LISTEN", "0.0.0.0:9000")], true);
        assert_eq!(settings.public_url.as_str(), "http://127.0.0.1:9000");
    }

    #[test]
    fn production_requires_https() {
        assert_eq!(read(&[], false).1.len(), 1);
        assert_eq!(read(&[("MENJIN_HTTP_PUBLIC_URL", "http://a.example")], false).1.len(), 1);
        let (settings, errors) = read(&[("MENJIN_HTTP_PUBLIC_URL", "https://A.example:443/")], false);
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(
            (settings.public_url.as_str(), settings.public_url.host()),
            ("https://a.example", "a.example")
        );
    }

    #[test]
    fn origins_and_networks_are_checked() {
        for text in
            ["*", "null", "a.example", "ftp://a.example", "https://a.example/x", "https://u@a.example", ""]
        {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
        for text in ["0.0.0.0/0", "::/0", "10.0.0.0/33", "proxy"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
        assert!("10.0.0.0/8".parse::<Network>().is_ok_and(|net| net.contains([10, 1, 2, 3].into())));
        assert!("10.0.0.1".parse::<Network>().is_ok_and(|net| !net.contains([10, 0, 0, 2].into())));
    }
}
