//! The HTTP client for requests to providers. It limits time and size, does not follow redirects, and omits URLs from
//! errors because they contain codes and tokens.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{NoProxy, Proxy, RequestBuilder};
use url::Url;

use super::provider::ProviderError;

/// The maximum size of a response body in bytes. Expected responses have a few thousand.
const MAX_BODY: usize = 256 * 1024;

/// Sends requests to providers. Cheap to clone.
#[derive(Clone)]
pub struct HttpClient(reqwest::Client);

/// A response. Its status and content type are not reliable: many providers report errors with status 200 and as HTML.
pub struct Response {
    pub status: u16,
    /// The body. Invalid UTF-8 is replaced.
    pub text: String,
}

impl HttpClient {
    /// Builds a client whose requests take at most `timeout`, including the connection. Requests use `proxy`, except those
    /// to addresses of this machine.
    ///
    /// # Errors
    /// A message for the operator.
    pub fn new(timeout: Duration, proxy: Option<&str>) -> Result<Self, String> {
        let mut builder = reqwest::Client::builder()
            .timeout(timeout)
            .redirect(Policy::none())
            .user_agent(concat!("menjin/", env!("CARGO_PKG_VERSION")))
            .no_proxy();
        if let Some(proxy) = proxy {
            let loopback = NoProxy::from_string("localhost,127.0.0.0/8,::1");
            let proxy = Proxy::all(proxy).map_err(|error| error.to_string())?;
            builder = builder.proxy(proxy.no_proxy(loopback));
        }
        Ok(Self(builder.build().map_err(|error| error.to_string())?))
    }

    /// Sends a GET request.
    pub async fn get(&self, url: Url, headers: &[(&str, &str)]) -> Result<Response, ProviderError> {
        self.send(self.0.get(url), headers).await
    }

    /// Sends a POST request with a form.
    pub async fn post(
        &self,
        url: Url,
        form: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Result<Response, ProviderError> {
        self.send(self.0.post(url).form(form), headers).await
    }

    async fn send(
        &self,
        request: RequestBuilder,
        headers: &[(&str, &str)],
    ) -> Result<Response, ProviderError> {
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let mut response = request.send().await.map_err(unavailable)?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unavailable)? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(ProviderError::Unavailable("the response is too long".into()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status, text: String::from_utf8_lossy(&body).into_owned() })
    }
}

/// Describes the error without the URL, which contains codes and tokens.
fn unavailable(error: reqwest::Error) -> ProviderError {
    let kind = if error.is_timeout() {
        "no response in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "incomplete response"
    };
    let error = error.without_url();
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    ProviderError::Unavailable(format!("{kind}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Reply, Stub};
    use super::*;

    async fn request(client: HttpClient, reply: Reply) -> Result<Response, ProviderError> {
        let stub = Stub::start().await;
        stub.always("/a", reply);
        let url = Url::parse(&format!("{}/a?access_token=hunter2", stub.url)).unwrap();
        client.get(url, &[("Accept", "application/json")]).await
    }

    #[tokio::test]
    async fn a_complete_response_is_returned_unchanged() {
        let response = request(Stub::client(), Reply::status(401, "é\n")).await.unwrap();
        assert_eq!((response.status, response.text.as_str()), (401, "é\n"));
        let response = request(Stub::client(), Reply::redirect("http://127.0.0.1:1/")).await.unwrap();
        assert_eq!((response.status, response.text.as_str()), (302, ""));
    }

    #[tokio::test]
    async fn headers_and_forms_are_sent() {
        let stub = Stub::start().await;
        let url = Url::parse(&format!("{}/a?b=c", stub.url)).unwrap();
        let form = [("code", "a b&c")];
        assert!(Stub::client().post(url, &form, &[("Accept", "application/json")]).await.is_ok());
        let received = &stub.requests_to("/a")[0];
        assert_eq!(
            (received.method.as_str(), received.value("b"), received.value("code")),
            ("POST", Some("c"), Some("a b&c"))
        );
        let head = received.head.to_ascii_lowercase();
        assert!(head.contains("accept: application/json") && head.contains("user-agent: menjin/"), "{head}");
    }

    #[tokio::test]
    async fn an_incomplete_response_is_an_error_without_the_url() {
        for (reply, expected) in [
            (Reply::silence(), "no response in time"),
            (Reply::cut("{}"), "incomplete"),
            (Reply::raw(b""), "incomplete"),
            (Reply::raw(b"220 mail ready\r\n"), "incomplete"),
            (Reply::ok(&"x".repeat(MAX_BODY + 1)), "too long"),
        ] {
            let client = if reply.is_silent() { Stub::impatient_client() } else { Stub::client() };
            let Err(ProviderError::Unavailable(text)) = request(client, reply).await else {
                panic!("a response instead of the error {expected}")
            };
            assert!(text.contains(expected), "{text}");
            assert!(!text.contains("hunter2") && !text.contains("127.0.0.1"), "{text}");
        }
    }

    #[tokio::test]
    async fn a_refused_connection_is_an_error_without_the_url() {
        let url = Url::parse("http://127.0.0.1:1/a?code=hunter2").unwrap();
        let Err(error) = Stub::client().post(url, &[("client_secret", "hunter3")], &[]).await else {
            panic!("a response without a server")
        };
        let text = format!("{error} {error:?}");
        assert!(text.contains("no connection") && !text.contains("hunter"), "{text}");
    }
}
