//! The HTTP client for captcha services. It limits time and size, does not follow redirects, and omits URLs and bodies
//! from errors.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};
use serde::de::DeserializeOwned;

use super::port::CheckError;

/// The maximum size of a response body in bytes. Real ones have a few hundred.
const MAX_BODY: usize = 64 * 1024;

/// Sends requests to a captcha service. Cheap to clone.
#[derive(Clone)]
pub(super) struct Http(Client);

/// Why there is no response.
pub(super) enum Failed {
    /// The connection could not be made or broke off: the request may be sent again.
    Connection(String),
    /// No response in time, or one that cannot be used.
    Other(String),
}

impl From<Failed> for CheckError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Connection(text) | Failed::Other(text) => Self::Unavailable(text),
        }
    }
}

impl Http {
    /// Builds a client whose requests take at most `timeout`, including the connection.
    ///
    /// # Errors
    /// A message for the operator.
    pub(super) fn new(timeout: Duration) -> Result<Self, String> {
        let builder = Client::builder().timeout(timeout).redirect(Policy::none()).no_proxy();
        let builder = builder.user_agent(concat!("menjin/", env!("CARGO_PKG_VERSION")));
        Ok(Self(builder.build().map_err(|error| error.to_string())?))
    }

    /// Posts a form.
    pub(super) async fn form<T: DeserializeOwned>(
        &self,
        url: &str,
        form: &[(&str, &str)],
    ) -> Result<T, Failed> {
        self.send(self.0.post(url).form(form)).await
    }

    /// Posts a body with headers.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<T, Failed> {
        let request = self.0.post(url).body(body);
        self.send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
    }

    /// Reads JSON from the body, whatever the content type is. Services report errors as JSON with the statuses 200 and
    /// 4xx; with other statuses, and with 429, the body is not theirs.
    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failed> {
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status().as_u16();
        if !(status == 200 || (400..500).contains(&status)) || status == 429 {
            return Err(Failed::Other(format!("the captcha service responded with status {status}")));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(Failed::Other("the response of the captcha service is too long".into()));
            }
            body.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&body).map_err(|_| {
            Failed::Other(format!(
                "the response of the captcha service is not what it documents (status {status})"
            ))
        })
    }
}

/// Describes the error without the URL.
fn failed(error: reqwest::Error) -> Failed {
    if error.is_timeout() {
        return Failed::Other("no response of the captcha service in time".into());
    }
    let error = error.without_url();
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    Failed::Connection(format!("no complete response of the captcha service: {cause}"))
}
