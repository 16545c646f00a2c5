//! The HTTP client for carriers. It limits time and size, does not follow redirects, and tells a request that certainly was not
//! sent from one whose response was lost.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};
use serde::de::DeserializeOwned;

use crate::delivery::send::SendError;

/// The maximum size of a response body in bytes. Real ones have a few hundred.
const MAX_BODY: usize = 256 * 1024;

/// Sends requests to carriers. Cheap to clone.
#[derive(Clone)]
pub struct Http(Client);

/// A complete response. Its status says little: carriers report their own errors with 200, 4xx and 5xx.
pub(super) struct Response {
    pub(super) status: u16,
    body: Vec<u8>,
}

impl Response {
    pub(super) fn is_empty(&self) -> bool {
        self.body.is_empty()
    }

    /// Reads JSON, whatever the content type is.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, SendError> {
        serde_json::from_slice(&self.body).map_err(|_| {
            let text = format!("status {}, and the response is not what the carrier documents", self.status);
            // With 4xx nothing was accepted: a wrong base URL, for example. A bare 200 or 500 does not say.
            if (400..500).contains(&self.status) {
                SendError::Misconfigured(text)
            } else {
                SendError::Unknown(text)
            }
        })
    }
}

impl Http {
    /// Builds a client whose requests take at most `timeout`, including the connection.
    ///
    /// # Errors
    /// A message for the operator.
    pub fn new(timeout: Duration) -> Result<Self, String> {
        let builder = Client::builder()
            .timeout(timeout)
            // A connection that takes too long is an error of its own: nothing was sent, so another carrier may be tried.
            .connect_timeout(timeout / 2)
            .redirect(Policy::none())
            .no_proxy()
            .user_agent(concat!("menjin/", env!("CARGO_PKG_VERSION")));
        Ok(Self(builder.build().map_err(|error| error.to_string())?))
    }

    pub(super) fn post(&self, url: &str) -> RequestBuilder {
        self.0.post(url)
    }

    pub(super) fn get(&self, url: &str) -> RequestBuilder {
        self.0.get(url)
    }

    /// Sends a request and reads the whole response.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Response, SendError> {
        let mut response = request.send().await.map_err(lost)?;
        let status = response.status().as_u16();
        match status {
            429 => {
                let header = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
                let retry_after = header.and_then(|value| value.trim().parse().ok()).map(Duration::from_secs);
                return Err(SendError::Throttled { reason: "status 429".into(), retry_after });
            }
            200..=299 | 400..=499 | 500 => {}
            300..=399 => {
                return Err(SendError::Misconfigured(format!("status {status}: redirects are not followed")));
            }
            // The service did not process the request (RFC 9110, section 15.6.4).
            503 => return Err(SendError::Temporary(format!("status {status}"))),
            // A proxy that gave up waiting says nothing about the request.
            _ => return Err(SendError::Unknown(format!("status {status}"))),
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(lost)? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(SendError::Unknown("the response is too long".into()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status, body })
    }
}

/// Describes an error without the URL, which contains credentials at some carriers.
fn lost(error: reqwest::Error) -> SendError {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let cause = cause.to_string();
    if error.is_connect() {
        SendError::Temporary(format!("no connection: {cause}"))
    } else if error.is_builder() {
        SendError::Misconfigured(format!("the request cannot be built: {cause}"))
    } else if error.is_timeout() {
        SendError::Unknown("no response in time".into())
    } else {
        SendError::Unknown(format!("no complete response: {cause}"))
    }
}

/// Returns the value of the header `Host` for a base URL: the host, with the port unless it is the usual one.
pub(super) fn host(base_url: &str) -> String {
    let Ok(url) = url::Url::parse(base_url) else { return String::new() };
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}
