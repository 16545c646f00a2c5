//! A provider of a test's own: plays exact bytes on this machine and remembers what it was asked.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::client::HttpClient;
use super::provider::{AuthorizeRequest, Callback, Display, ProviderError};
use crate::core::secret::SecretString;

/// Far longer than answers of this machine take, however busy it is.
const PATIENCE: Duration = Duration::from_secs(8);
/// For replies that never come.
const HASTE: Duration = Duration::from_millis(200);

/// The provider. Each path has a queue of replies, the last of which is given again and again; others are 404.
pub struct Stub {
    /// Without a slash at the end, as the settings have it.
    pub url: String,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    replies: HashMap<String, VecDeque<Reply>>,
    asked: Vec<Asked>,
}

/// One request that came in.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    /// Of the address, decoded.
    pub query: Vec<(String, String)>,
    /// Of the body, read as a form.
    pub form: Vec<(String, String)>,
    /// The head as it came.
    pub head: String,
}

impl Asked {
    /// The value of a parameter of the address or, failing that, of the form.
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.iter().chain(&self.form);
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What is played: bytes, and whether the connection then stays open without another word.
#[derive(Clone)]
pub struct Reply {
    bytes: Vec<u8>,
    silent: bool,
}

impl Reply {
    /// 200, as HTML, which is what QQ calls JSON.
    pub fn ok(body: &str) -> Self {
        Self::status(200, body)
    }

    pub fn status(status: u16, body: &str) -> Self {
        Self::promised(status, "", body, body.len())
    }

    /// A body that ends before the length that was promised.
    pub fn cut(body: &str) -> Self {
        Self::promised(200, "", body, body.len() + 1)
    }

    pub fn redirect(to: &str) -> Self {
        Self::promised(302, &format!("Location: {to}\r\n"), "", 0)
    }

    /// The connection is taken, and nothing comes.
    pub fn silence() -> Self {
        Self { bytes: Vec::new(), silent: true }
    }

    /// Whether a client waits for it in vain.
    pub fn is_silent(&self) -> bool {
        self.silent
    }

    /// No HTTP at all.
    pub fn raw(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), silent: false }
    }

    fn promised(status: u16, lines: &str, body: &str, length: usize) -> Self {
        let head = format!(
            "HTTP/1.1 {status} x\r\nContent-Type: text/html; charset=utf-8\r\n{lines}Content-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        Self { bytes: [head.as_bytes(), body.as_bytes()].concat(), silent: false }
    }
}

/// What no provider's answer may be: each is played by [`Reply::broken`].
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
    /// One of [`BROKEN`], made of the right answer.
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

/// Where browsers come back to in tests.
pub const REDIRECT: &str = "https://app.example/callback/x";
static REDIRECT_URI: LazyLock<Url> = LazyLock::new(|| REDIRECT.parse().expect("an address"));
static VERIFIER: LazyLock<SecretString> = LazyLock::new(|| "verifier-of-the-test".into());

/// A sign-in that begins, with state `57a7e`.
pub fn request(display: Display) -> AuthorizeRequest<'static> {
    AuthorizeRequest { state: "57a7e", redirect_uri: &REDIRECT_URI, challenge: "c", nonce: "n", display }
}

/// A browser that comes back.
pub fn callback(code: &str) -> Callback<'_> {
    Callback { code, redirect_uri: &REDIRECT_URI, verifier: &VERIFIER, nonce: "n", user: None }
}

/// `Rejected`, `Misconfigured` or `Unavailable`, and the provider's code; the words must hold none of `secrets`.
#[track_caller]
pub fn told(error: ProviderError, secrets: &[&str]) -> (&'static str, Option<String>) {
    let words = format!("{error} {error:?}");
    assert!(!secrets.iter().any(|secret| words.contains(secret)), "{words}");
    match error {
        ProviderError::Rejected { code } => ("Rejected", code),
        ProviderError::Misconfigured { code } => ("Misconfigured", Some(code)),
        ProviderError::Unavailable(_) => ("Unavailable", None),
    }
}

impl Stub {
    /// Listens, on a port of its own, as long as the test runs.
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

    /// From now on `path` is answered so.
    pub fn always(&self, path: &str, reply: Reply) -> &Self {
        lock(&self.shared).replies.insert(path.to_owned(), VecDeque::from([reply]));
        self
    }

    /// All that came in so far, oldest first.
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.shared).asked.clone()
    }

    /// What came in for `path`.
    pub fn asked_at(&self, path: &str) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| asked.path == path).collect()
    }

    /// A client that waits for an answer.
    pub fn client() -> HttpClient {
        HttpClient::new(PATIENCE, None).expect("the client needs nothing")
    }

    /// A client that waits 200 ms, for [`Reply::silence`].
    pub fn hasty_client() -> HttpClient {
        HttpClient::new(HASTE, None).expect("the client needs nothing")
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(mut stream: TcpStream, shared: Arc<Mutex<Shared>>) {
    let Some(asked) = read(&mut stream).await else { return };
    let reply = {
        let mut shared = lock(&shared);
        let queue = shared.replies.get_mut(&asked.path);
        let reply =
            queue.and_then(|queue| if queue.len() > 1 { queue.pop_front() } else { queue.front().cloned() });
        shared.asked.push(asked);
        reply.unwrap_or_else(|| Reply::status(404, ""))
    };
    let _ = stream.write_all(&reply.bytes).await;
    if reply.silent {
        std::future::pending::<()>().await;
    }
    let _ = stream.shutdown().await;
}

/// One request; `None` if it breaks off.
async fn read(stream: &mut TcpStream) -> Option<Asked> {
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
    Some(Asked {
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
