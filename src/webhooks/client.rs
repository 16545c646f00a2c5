//! The HTTP client that sends webhooks. It connects only to the addresses that it has checked itself.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use url::{Host, Url};

use super::address::is_allowed;
use crate::config::webhooks::{WebhookEndpoint, WebhookSettings};
use crate::core::clock::Clock;
use crate::core::signing::standard_webhooks::WebhookSecret;

/// How much of a response body is read. It is not used; reading it lets the connection be used again.
const MAX_BODY: usize = 64 * 1024;

/// Sends webhooks. Cheap to clone.
#[derive(Clone)]
pub struct WebhookClient {
    http: reqwest::Client,
    allowed: Arc<[IpNet]>,
    clock: Clock,
}

/// The result of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// The endpoint accepted the event.
    Delivered { status: u16 },
    /// The endpoint did not accept the event; another attempt may succeed. The reason contains no URL and no body.
    Failed { status: Option<u16>, reason: String, retry_after: Option<Duration> },
    /// The endpoint does not exist any more (410).
    Gone,
}

/// A complete response.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl WebhookClient {
    /// Builds a client for the endpoints.
    ///
    /// # Errors
    /// A message for the operator: TLS cannot be set up.
    pub fn new(settings: &WebhookSettings, clock: Clock) -> Result<Self, String> {
        Self::with_timeout(settings, settings.timeout, clock)
    }

    /// Builds a client with another timeout.
    ///
    /// # Errors
    /// As [`WebhookClient::new`].
    pub fn with_timeout(settings: &WebhookSettings, timeout: Duration, clock: Clock) -> Result<Self, String> {
        let allowed: Arc<[IpNet]> = settings.allowed_networks.clone().into();
        let http = reqwest::Client::builder()
            .timeout(timeout)
            .redirect(Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(CheckedResolver { allowed: Arc::clone(&allowed) }))
            .user_agent(concat!("menjin/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { http, allowed, clock })
    }

    /// Makes one attempt. `id` is the same for all attempts of an event, so that the endpoint can recognize duplicates.
    pub async fn send(&self, endpoint: &WebhookEndpoint, id: &str, body: &str) -> Attempt {
        match self.post(&endpoint.url, &endpoint.secrets, id, body).await {
            Ok(response) => attempt(response).await,
            Err(reason) => failed(&reason),
        }
    }

    /// Sends a signed request and reads the whole response.
    ///
    /// # Errors
    /// Why there is no response, without the URL.
    pub(super) async fn ask(
        &self,
        url: &Url,
        secrets: &[WebhookSecret],
        id: &str,
        body: &str,
    ) -> Result<Answer, String> {
        let mut response = self.post(url, secrets, id, body).await?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(describe)? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err("the response is too long".into());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, body })
    }

    async fn post(
        &self,
        url: &Url,
        secrets: &[WebhookSecret],
        id: &str,
        body: &str,
    ) -> Result<reqwest::Response, String> {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::from(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::from(address)),
            Some(Host::Domain(_)) | None => None,
        };
        if address.is_some_and(|address| !is_allowed(address, &self.allowed)) {
            return Err("the address is not allowed".into());
        }
        let now = self.clock.now();
        let signatures: Vec<_> = secrets.iter().map(|secret| secret.sign(id, now, body.as_bytes())).collect();
        let request = self
            .http
            .post(url.clone())
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", now.timestamp().to_string())
            .header("webhook-signature", signatures.join(" "))
            .body(body.to_owned());
        request.send().await.map_err(describe)
    }
}

async fn attempt(mut response: reqwest::Response) -> Attempt {
    let status = response.status().as_u16();
    let header = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
    let retry_after = header.and_then(|value| value.trim().parse().ok()).map(Duration::from_secs);
    let mut length = 0;
    while let Ok(Some(chunk)) = response.chunk().await {
        length += chunk.len();
        if length > MAX_BODY {
            break;
        }
    }
    match status {
        200..=299 => Attempt::Delivered { status },
        410 => Attempt::Gone,
        300..=399 => Attempt::Failed {
            status: Some(status),
            reason: format!("status {status}: redirects are not followed"),
            retry_after,
        },
        _ => Attempt::Failed { status: Some(status), reason: format!("status {status}"), retry_after },
    }
}

fn failed(reason: &str) -> Attempt {
    Attempt::Failed { status: None, reason: reason.to_owned(), retry_after: None }
}

/// Describes an error without the URL, which may contain a secret of the endpoint.
fn describe(error: reqwest::Error) -> String {
    let kind = if error.is_timeout() {
        "no response in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "incomplete response"
    };
    let error = error.without_url();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(&error);
    while let Some(next) = cause.and_then(std::error::Error::source) {
        cause = Some(next);
    }
    cause.map_or_else(|| kind.to_owned(), |cause| format!("{kind}: {cause}"))
}

/// Resolves names and returns only allowed addresses. The client connects to what this returns, so a name cannot lead to
/// another address after the check (DNS rebinding).
struct CheckedResolver {
    allowed: Arc<[IpNet]>,
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = Arc::clone(&self.allowed);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let addresses: Vec<SocketAddr> =
                found.filter(|address| is_allowed(address.ip(), &allowed)).collect();
            if addresses.is_empty() {
                return Err("the name leads to no allowed address".into());
            }
            let addresses: Addrs = Box::new(addresses.into_iter());
            Ok(addresses)
        })
    }
}
