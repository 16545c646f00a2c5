//! A stub provider for tests. It sends scripted bytes and records the received requests.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::client::HttpClient;
use super::provider::{AuthorizeRequest, Callback, Display, ProviderError};
use crate::core::secret::SecretString;

/// Much longer than a response of this machine takes, however busy it is.
const TIMEOUT: Duration = Duration::from_secs(8);
/// For replies that are never sent.
const SHORT_TIMEOUT: Duration = Duration::from_millis(200);

/// The stub. Each path has a queue of replies, the last of which is repeated. Other paths return 404.
pub struct Stub {
    /// Without a trailing slash, as in the settings.
    pub url: String,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    replies: HashMap<String, VecDeque<Reply>>,
    requests: Vec<ReceivedRequest>,
}

/// A request that the stub received.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    pub method: String,
    pub path: String,
    /// The parameters of the URL, decoded.
    pub query: Vec<(String, String)>,
    /// The fields of the body, parsed as a form.
    pub form: Vec<(String, String)>,
    /// The unparsed head.
    pub head: String,
}

impl ReceivedRequest {
    /// Returns the value of a parameter of the URL or, if it is missing there, of the form.
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.iter().chain(&self.form);
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A reply: its bytes, and whether the connection then stays open without further bytes.
#[derive(Clone)]
pub struct Reply {
    bytes: Vec<u8>,
    silent: bool,
}

impl Reply {
    /// Status 200 with the content type HTML, as QQ sends JSON.
    pub fn ok(body: &str) -> Self {
        Self::status(200, body)
    }

    pub fn status(status: u16, body: &str) -> Self {
        Self::with_length(status, "", body, body.len())
    }

    /// A body that is shorter than its `Content-Length`.
    pub fn cut(body: &str) -> Self {
        Self::with_length(200, "", body, body.len() + 1)
    }

    pub fn redirect(to: &str) -> Self {
        Self::with_length(302, &format!("Location: {to}\r\n"), "", 0)
    }

    /// The connection is accepted, but nothing is sent.
    pub fn silence() -> Self {
        Self { bytes: Vec::new(), silent: true }
    }

    /// Returns whether nothing is ever sent.
    pub fn is_silent(&self) -> bool {
        self.silent
    }

    /// Bytes that need not be HTTP.
    pub fn raw(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), silent: false }
    }

    fn with_length(status: u16, lines: &str, body: &str, length: usize) -> Self {
        let head = format!(
            "HTTP/1.1 {status} x\r\nContent-Type: text/html; charset=utf-8\r\n{lines}Content-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        Self { bytes: [head.as_bytes(), body.as_bytes()].concat(), silent: false }
    }
}

/// Names of invalid responses, which [`Reply::broken`] builds. The names appear in docs/social.md.
pub const BROKEN: [&str; 11] = [
    "no response before the timeout",
    "a closed connection",
    "a body shorter than Content-Length",
    "a body of more than 256 KiB",
    "an empty body",
    "an HTML page",
    "HTTP 500 with an HTML page",
    "HTTP 500 with the expected body",
    "a redirect, which is not followed",
    "the expected object inside a list",
    "neither an error nor data: `{}`",
];

impl Reply {
    /// Builds one of [`BROKEN`] from the valid response.
    pub fn broken(what: &str, right: &str) -> Option<Self> {
        Some(match what {
            "no response before the timeout" => Self::silence(),
            "a closed connection" => Self::raw(b""),
            "a body shorter than Content-Length" => Self::cut(right),
            "a body of more than 256 KiB" => Self::ok(&format!("{right}{}", " ".repeat(256 * 1024))),
            "an empty body" => Self::ok(""),
            "an HTML page" => Self::ok("<html><body>access_token=1&amp;openid=2</body></html>"),
            "HTTP 500 with an HTML page" => Self::status(500, "<html>Internal Server Error</html>"),
            "HTTP 500 with the expected body" => Self::status(500, right),
            "a redirect, which is not followed" => Self::redirect("/elsewhere"),
            "the expected object inside a list" => Self::ok(&format!("[{right}]")),
            "neither an error nor data: `{}`" => Self::ok("{}"),
            _ => return None,
        })
    }
}

/// The redirect URI of the tests.
pub const REDIRECT: &str = "https://app.example/callback/x";
static REDIRECT_URI: LazyLock<Url> = LazyLock::new(|| REDIRECT.parse().expect("an address"));
static VERIFIER: LazyLock<SecretString> = LazyLock::new(|| "verifier-of-the-test".into());

/// Returns an authorization request with state `57a7e`.
pub fn request(display: Display) -> AuthorizeRequest<'static> {
    AuthorizeRequest { state: "57a7e", redirect_uri: &REDIRECT_URI, challenge: "c", nonce: "n", display }
}

/// Returns the callback of a browser.
pub fn callback(code: &str) -> Callback<'_> {
    Callback { code, redirect_uri: &REDIRECT_URI, verifier: &VERIFIER, nonce: "n", user: None }
}

/// Returns `Rejected`, `Misconfigured` or `Unavailable`, and the provider's code. Fails if the error contains one of
/// `secrets`.
#[track_caller]
pub fn kind_and_code(error: ProviderError, secrets: &[&str]) -> (&'static str, Option<String>) {
    let text = format!("{error} {error:?}");
    assert!(!secrets.iter().any(|secret| text.contains(secret)), "{text}");
    match error {
        ProviderError::Rejected { code } => ("Rejected", code),
        ProviderError::Misconfigured { code } => ("Misconfigured", Some(code)),
        ProviderError::Unavailable(_) => ("Unavailable", None),
    }
}

impl Stub {
    /// Starts the stub on a free port. It runs until the test ends.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let shared = Arc::new(Mutex::new(Shared::default()));
        let stub = Self { url, shared: Arc::clone(&shared) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        stub
    }

    /// Adds a reply to the queue of `path`.
    pub fn then(&self, path: &str, reply: Reply) -> &Self {
        lock(&self.shared).replies.entry(path.to_owned()).or_default().push_back(reply);
        self
    }

    /// Replaces the replies of `path`.
    pub fn always(&self, path: &str, reply: Reply) -> &Self {
        lock(&self.shared).replies.insert(path.to_owned(), VecDeque::from([reply]));
        self
    }

    /// Returns all received requests, oldest first.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        lock(&self.shared).requests.clone()
    }

    /// Returns the received requests to `path`.
    pub fn requests_to(&self, path: &str) -> Vec<ReceivedRequest> {
        self.requests().into_iter().filter(|request| request.path == path).collect()
    }

    /// Returns a client that waits for the response.
    pub fn client() -> HttpClient {
        HttpClient::new(TIMEOUT, None).expect("the client has no proxy")
    }

    /// Returns a client with a timeout of 200 ms, for [`Reply::silence`].
    pub fn impatient_client() -> HttpClient {
        HttpClient::new(SHORT_TIMEOUT, None).expect("the client has no proxy")
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(mut stream: TcpStream, shared: Arc<Mutex<Shared>>) {
    let Some(request) = read(&mut stream).await else { return };
    let reply = {
        let mut shared = lock(&shared);
        let queue = shared.replies.get_mut(&request.path);
        let reply =
            queue.and_then(|queue| if queue.len() > 1 { queue.pop_front() } else { queue.front().cloned() });
        shared.requests.push(request);
        reply.unwrap_or_else(|| Reply::status(404, ""))
    };
    let _ = stream.write_all(&reply.bytes).await;
    if reply.silent {
        std::future::pending::<()>().await;
    }
    let _ = stream.shutdown().await;
}

/// Reads a request; `None` if it is incomplete.
async fn read(stream: &mut TcpStream) -> Option<ReceivedRequest> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        read_more(stream, &mut bytes).await?;
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        if name.eq_ignore_ascii_case("content-length") { value.trim().parse::<usize>().ok() } else { None }
    });
    while bytes.len() < end + length.unwrap_or(0) {
        read_more(stream, &mut bytes).await?;
    }
    let mut words = head.split(' ');
    let method = words.next()?.to_owned();
    let url = Url::parse("http://stub").ok()?.join(words.next()?).ok()?;
    Some(ReceivedRequest {
        method,
        path: url.path().to_owned(),
        query: url.query_pairs().into_owned().collect(),
        form: url::form_urlencoded::parse(&bytes[end..]).into_owned().collect(),
        head,
    })
}

async fn read_more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    let mut chunk = [0; 4096];
    let length = stream.read(&mut chunk).await.ok()?;
    bytes.extend_from_slice(&chunk[..length]);
    (length > 0).then_some(())
}
