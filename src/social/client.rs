//! How providers are asked: one HTTP client with limits of time and size, which follows no redirects and leaves no
//! address in an error, as those hold codes and tokens.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{NoProxy, Proxy, RequestBuilder};
use url::Url;

use super::provider::ProviderError;

/// Bytes of an answer; the longest that is expected has some thousand.
const LONGEST_ANSWER: usize = 256 * 1024;

/// Asks providers. Cheap to clone.
#[derive(Clone)]
pub struct HttpClient(reqwest::Client);

/// What came back. Its status and its type prove little: half of the providers report errors with 200, as HTML.
pub struct Answer {
    pub status: u16,
    /// The body; bytes that are no UTF-8 are replaced.
    pub text: String,
}

impl HttpClient {
    /// A client whose questions take at most `timeout`, connecting included, by way of `proxy` but for addresses of
    /// this machine.
    ///
    /// # Errors
    /// In words for the operator.
    pub fn new(timeout: Duration, proxy: Option<&str>) -> Result<Self, String> {
        let mut builder = reqwest::Client::builder()
            .timeout(timeout)
            .redirect(Policy::none())
            .user_agent(concat!("menjin/", env!("CARGO_PKG_VERSION")))
            .no_proxy();
        if let Some(proxy) = proxy {
            let here = NoProxy::from_string("localhost,127.0.0.0/8,::1");
            let proxy = Proxy::all(proxy).map_err(|error| error.to_string())?;
            builder = builder.proxy(proxy.no_proxy(here));
        }
        Ok(Self(builder.build().map_err(|error| error.to_string())?))
    }

    /// GET, with header lines.
    ///
    /// # Errors
    /// [`ProviderError::Unavailable`].
    pub async fn get(&self, url: Url, headers: &[(&str, &str)]) -> Result<Answer, ProviderError> {
        self.send(self.0.get(url), headers).await
    }

    /// POST of a form, with header lines.
    ///
    /// # Errors
    /// [`ProviderError::Unavailable`].
    pub async fn post(
        &self,
        url: Url,
        form: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Result<Answer, ProviderError> {
        self.send(self.0.post(url).form(form), headers).await
    }

    async fn send(&self, request: RequestBuilder, headers: &[(&str, &str)]) -> Result<Answer, ProviderError> {
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let mut response = request.send().await.map_err(unavailable)?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unavailable)? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err(ProviderError::Unavailable("the answer is too long".into()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, text: String::from_utf8_lossy(&body).into_owned() })
    }
}

/// Without the address, which holds codes and tokens.
fn unavailable(error: reqwest::Error) -> ProviderError {
    let kind = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the answer broke off"
    };
    let error = error.without_url();
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    ProviderError::Unavailable(format!("{kind}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Reply, Stub};
    use super::*;

    async fn ask(client: HttpClient, reply: Reply) -> Result<Answer, ProviderError> {
        let stub = Stub::start().await;
        stub.always("/a", reply);
        let url = Url::parse(&format!("{}/a?access_token=hunter2", stub.url)).unwrap();
        client.get(url, &[("Accept", "application/json")]).await
    }

    #[tokio::test]
    async fn a_whole_answer_is_given_as_it_is() {
        let answer = ask(Stub::client(), Reply::status(401, "é\n")).await.unwrap();
        assert_eq!((answer.status, answer.text.as_str()), (401, "é\n"));
        let answer = ask(Stub::client(), Reply::redirect("http://127.0.0.1:1/")).await.unwrap();
        assert_eq!((answer.status, answer.text.as_str()), (302, ""));
    }

    #[tokio::test]
    async fn headers_and_forms_arrive() {
        let stub = Stub::start().await;
        let url = Url::parse(&format!("{}/a?b=c", stub.url)).unwrap();
        let form = [("code", "a b&c")];
        assert!(Stub::client().post(url, &form, &[("Accept", "application/json")]).await.is_ok());
        let asked = &stub.asked_at("/a")[0];
        assert_eq!(
            (asked.method.as_str(), asked.value("b"), asked.value("code")),
            ("POST", Some("c"), Some("a b&c"))
        );
        let head = asked.head.to_ascii_lowercase();
        assert!(head.contains("accept: application/json") && head.contains("user-agent: menjin/"), "{head}");
    }

    #[tokio::test]
    async fn what_is_no_whole_answer_is_an_error_without_the_address() {
        for (reply, word) in [
            (Reply::silence(), "no answer in time"),
            (Reply::cut("{}"), "broke off"),
            (Reply::raw(b""), "broke off"),
            (Reply::raw(b"220 mail ready\r\n"), "broke off"),
            (Reply::ok(&"x".repeat(LONGEST_ANSWER + 1)), "too long"),
        ] {
            let client = if reply.is_silent() { Stub::hasty_client() } else { Stub::client() };
            let Err(ProviderError::Unavailable(words)) = ask(client, reply).await else {
                panic!("{word}: an answer")
            };
            assert!(words.contains(word), "{words}");
            assert!(!words.contains("hunter2") && !words.contains("127.0.0.1"), "{words}");
        }
    }

    #[tokio::test]
    async fn nobody_at_home_is_an_error_without_the_address() {
        let url = Url::parse("http://127.0.0.1:1/a?code=hunter2").unwrap();
        let Err(error) = Stub::client().post(url, &[("client_secret", "hunter3")], &[]).await else {
            panic!("an answer from nowhere")
        };
        let words = format!("{error} {error:?}");
        assert!(words.contains("no connection") && !words.contains("hunter"), "{words}");
    }
}
