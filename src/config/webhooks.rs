//! Webhooks: the endpoints of applications that are told about events.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use url::{Host, Url};

use super::reader::Reader;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::core::signing::standard_webhooks::WebhookSecret;

/// The section. No `Debug`: it contains secrets.
#[derive(Clone)]
pub struct WebhookSettings {
    pub endpoints: Vec<WebhookEndpoint>,
    /// How long one attempt may take, including the connection.
    pub timeout: Duration,
    /// How many events one gateway sends to one endpoint at the same time.
    pub concurrency: usize,
    /// Networks outside the public internet to which webhooks may be sent.
    pub allowed_networks: Vec<IpNet>,
}

/// An endpoint of an application.
#[derive(Clone)]
pub struct WebhookEndpoint {
    pub name: String,
    pub url: Url,
    /// Each attempt is signed with all of them, so that a secret can be changed.
    pub secrets: Vec<WebhookSecret>,
    pub events: Vec<EventPattern>,
}

impl WebhookEndpoint {
    /// Returns whether the endpoint receives events of a type, such as `user.registered`.
    #[must_use]
    pub fn receives(&self, event: &str) -> bool {
        self.events.iter().any(|pattern| pattern.matches(event))
    }
}

/// An event type, `user.*` for all types that start so, or `*` for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPattern(String);

impl EventPattern {
    fn matches(&self, event: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(start) => event.starts_with(start),
            None => self.0 == event,
        }
    }
}

impl FromStr for EventPattern {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let name = text.strip_suffix('*').unwrap_or(text);
        let complete =
            text.ends_with('*') && (name.is_empty() || name.ends_with('.')) || !text.ends_with('*');
        if text.is_empty() || !complete || !name.chars().all(named) {
            return Err("an event type such as user.registered, user.* or * is expected");
        }
        Ok(Self(text.to_owned()))
    }
}

/// `name=value`.
struct Named<T>(String, T);

impl<T: FromStr> FromStr for Named<T> {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "the name of an endpoint, `=` and a value are expected, such as crm=https://crm.example.com/hooks; names have letters, digits, `-` and `_`";
        let (name, value) = text.split_once('=').ok_or(EXPECTED)?;
        let named = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !(1..=40).contains(&name.len()) || !name.chars().all(named) {
            return Err(EXPECTED);
        }
        Ok(Self(name.to_owned(), value.parse().map_err(|_| EXPECTED)?))
    }
}

/// A pattern for all endpoints, or `name=pattern` for one.
struct Subscription(Option<String>, EventPattern);

impl FromStr for Subscription {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((name, pattern)) => Ok(Self(Some(name.to_owned()), pattern.parse()?)),
            None => Ok(Self(None, text.parse()?)),
        }
    }
}

impl WebhookSettings {
    /// Reads the section. In development, `http` URLs are allowed.
    pub fn read(reader: &mut Reader, development: bool) -> Self {
        let endpoints: Vec<Named<Url>> = reader.list(
            "webhooks.endpoints",
            "",
            "Endpoints that are told about events, as `name=URL` (docs/webhooks.md).",
        );
        let secrets = reader.secret(
            "webhooks.secrets",
            "The secrets that sign webhooks, as `name=whsec_…`, separated by commas. An endpoint may have two while its secret is being changed.",
        );
        let subscriptions: Vec<Subscription> = reader.list(
            "webhooks.events",
            "*",
            "The event types to send: `user.registered`, `user.*` or `*`. `name=type` is for one endpoint, which then receives nothing else.",
        );
        let timeout =
            reader.duration("webhooks.timeout", "15s", "How long one attempt to send a webhook may take.");
        let concurrency = reader.value(
            "webhooks.concurrency",
            "4",
            "How many events one gateway sends to one endpoint at the same time.",
        );
        let allowed_networks: Vec<IpNet> = reader.list(
            "webhooks.allowed_networks",
            "",
            "Networks outside the public internet to which webhooks may be sent, such as 10.20.0.0/16. Development: also this machine.",
        );
        if timeout.is_zero() || timeout > Duration::from_secs(60) {
            reader.error("webhooks.timeout", "at least 1ms and at most 60s");
        }
        if !(1..=64).contains(&concurrency) {
            reader.error("webhooks.concurrency", "1 to 64");
        }
        let mut settings = Self { endpoints: Vec::new(), timeout, concurrency, allowed_networks };
        if development {
            let local = ["127.0.0.0/8", "::1/128"].iter().filter_map(|net| net.parse::<IpNet>().ok());
            settings.allowed_networks.extend(local);
        }
        let keys: Vec<Named<WebhookSecret>> =
            Self::secrets(reader, secrets.as_ref().map(SecretString::expose_secret));
        for Named(name, url) in endpoints {
            settings.check_url(reader, &name, &url, development);
            let secrets: Vec<_> = keys.iter().filter(|key| key.0 == name).map(|key| key.1.clone()).collect();
            if secrets.is_empty() {
                reader.error("webhooks.secrets", &format!("endpoint {name} has no secret"));
            }
            if settings.endpoints.iter().any(|endpoint| endpoint.name == name) {
                reader.error("webhooks.endpoints", &format!("endpoint {name} is set twice"));
            }
            let events = subscribed(&subscriptions, &name);
            settings.endpoints.push(WebhookEndpoint { name, url, secrets, events });
        }
        let known = |name: &str| settings.endpoints.iter().any(|endpoint| endpoint.name == name);
        for Named(name, _) in keys.iter().filter(|key| !known(&key.0)) {
            reader.error("webhooks.secrets", &format!("there is no endpoint {name}"));
        }
        for name in subscriptions.iter().filter_map(|subscription| subscription.0.as_deref()) {
            if !known(name) {
                reader.error("webhooks.events", &format!("there is no endpoint {name}"));
            }
        }
        settings
    }

    fn secrets(reader: &mut Reader, text: Option<&str>) -> Vec<Named<WebhookSecret>> {
        let parts =
            text.into_iter().flat_map(|text| text.split(',')).map(str::trim).filter(|part| !part.is_empty());
        let mut keys = Vec::new();
        for part in parts {
            match part.parse() {
                Ok(key) => keys.push(key),
                Err(_) => reader.error(
                    "webhooks.secrets",
                    "`name=whsec_` and 24 to 64 random bytes in base64 are expected; `openssl rand -base64 32` makes them",
                ),
            }
        }
        keys
    }

    fn check_url(&self, reader: &mut Reader, name: &str, url: &Url, development: bool) {
        let mut error = |message: &str| reader.error("webhooks.endpoints", &format!("{name}: {message}"));
        if url.scheme() != "https" && !(development && url.scheme() == "http") {
            error("the URL must start with https://");
        }
        if !url.username().is_empty() || url.password().is_some() {
            error("the URL must not contain a user name or a password");
        }
        if url.fragment().is_some() {
            error("the URL must not contain a fragment");
        }
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::from(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::from(address)),
            Some(Host::Domain(_)) => None,
            None => {
                error("the URL has no host");
                None
            }
        };
        if address.is_some_and(|address| !self.allowed_networks.iter().any(|net| net.contains(&address))) {
            error("an IP address is allowed only inside webhooks.allowed_networks");
        }
    }
}

/// Returns the patterns of an endpoint: its own, or those of all endpoints if it has none.
fn subscribed(subscriptions: &[Subscription], name: &str) -> Vec<EventPattern> {
    let of = |owner: Option<&str>| -> Vec<EventPattern> {
        let matching = subscriptions.iter().filter(|subscription| subscription.0.as_deref() == owner);
        matching.map(|subscription| subscription.1.clone()).collect()
    };
    let own = of(Some(name));
    if own.is_empty() { of(None) } else { own }
}

#[cfg(test)]
mod tests {
    use super::super::reader::Source;
    use super::*;

    const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn read(variables: &[(&str, &str)], development: bool) -> (WebhookSettings, Vec<String>) {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut reader = Reader::new(Source::from_variables(variables));
        let settings = WebhookSettings::read(&mut reader, development);
        (settings, reader.finish().1)
    }

    #[test]
    fn there_are_no_endpoints_by_default() {
        let (settings, errors) = read(&[], false);
        assert!(settings.endpoints.is_empty() && errors.is_empty(), "{errors:?}");
    }

    #[test]
    fn an_endpoint_receives_the_events_that_it_names_or_those_of_all() {
        let (settings, errors) = read(
            &[
                (
                    "MENJIN_WEBHOOKS_ENDPOINTS",
                    "crm=https://crm.example.com/hooks,audit=https://audit.example.com/",
                ),
                ("MENJIN_WEBHOOKS_SECRETS", &format!("crm={SECRET}, audit={SECRET},audit={SECRET}")),
                ("MENJIN_WEBHOOKS_EVENTS", "user.*,crm=user.registered,crm=user.deleted"),
            ],
            false,
        );
        assert!(errors.is_empty(), "{errors:?}");
        let [crm, audit] = settings.endpoints.as_slice() else { panic!("two endpoints") };
        assert_eq!((crm.secrets.len(), audit.secrets.len()), (1, 2));
        assert!(
            crm.receives("user.registered")
                && crm.receives("user.deleted")
                && !crm.receives("user.signed_in")
        );
        assert!(audit.receives("user.signed_in") && !audit.receives("keys.rotated"));
    }

    #[test]
    fn all_errors_are_reported_at_once_and_without_secrets() {
        let (_, errors) = read(
            &[
                (
                    "MENJIN_WEBHOOKS_ENDPOINTS",
                    "a=http://a.example.com/,b=https://user:pw@b.example.com/,c=https://10.0.0.1/,d=https://d.example.com/#x,c=https://c.example.com",
                ),
                (
                    "MENJIN_WEBHOOKS_SECRETS",
                    "a=whsec_c2hvcnQ=,nobody=whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
                ),
                ("MENJIN_WEBHOOKS_EVENTS", "user.*,nobody=x.y"),
                ("MENJIN_WEBHOOKS_TIMEOUT", "2m"),
            ],
            false,
        );
        let text = errors.join("\n");
        for expected in [
            "a: the URL must start with https://",
            "b: the URL must not contain a user name",
            "c: an IP address is allowed only",
            "d: the URL must not contain a fragment",
            "endpoint c is set twice",
            "endpoint a has no secret",
            "there is no endpoint nobody",
            "webhooks.timeout",
        ] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
        assert!(!text.contains("c2hvcnQ") && !text.contains("AAECAw") && !text.contains("pw@"), "{text}");
    }
}
