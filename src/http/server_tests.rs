//! The server over real sockets, with short times.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::server::serve;
use super::testing::{app, settings};
use crate::config::http::HttpSettings;

const ASK: &str = "GET /graphql?query=%7Bzebra%7D HTTP/1.1\r\nhost: localhost\r\n\r\n";
const ASK_SLOWLY: &str = "GET /graphql?query=%7Bslow%7D HTTP/1.1\r\nhost: localhost\r\n\r\n";

async fn start(settings: HttpSettings) -> (SocketAddr, CancellationToken, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let cancel = CancellationToken::new();
    let router = app(settings.clone()).await;
    let server = tokio::spawn(serve(listener, router, settings, cancel.clone()));
    (address, cancel, server)
}

fn short() -> HttpSettings {
    let mut settings = settings();
    settings.header_timeout = Duration::from_millis(200);
    settings.idle_timeout = Duration::from_secs(2);
    settings
}

/// Reads until there is `end` in it, or the other side closes.
async fn read(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4_096];
    while !text.contains(end) {
        let read = timeout(Duration::from_secs(5), stream.read(&mut buffer)).await.expect("an end");
        match read {
            Ok(0) | Err(_) => break,
            Ok(count) => text.push_str(&String::from_utf8_lossy(&buffer[..count])),
        }
    }
    text
}

#[tokio::test]
async fn a_head_that_does_not_end_is_cut() {
    let (address, _cancel, _server) = start(short()).await;
    for head in ["", "P", "PRI * HTTP/2.0\r\n", "GET / HTTP/1.1\r\nhost: local"] {
        let began = Instant::now();
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        read(&mut stream, "never").await;
        assert!(began.elapsed() < Duration::from_millis(1_500), "{head:?}: {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn connections_at_rest_make_room_when_all_places_are_taken() {
    let mut settings = short();
    settings.idle_timeout = Duration::from_secs(60);
    settings.max_connections = 4;
    let (address, _cancel, _server) = start(settings).await;
    let mut resting = Vec::new();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(ASK.as_bytes()).await.unwrap();
        read(&mut stream, r#""z"}}"#).await;
        resting.push(stream);
    }
    let began = Instant::now();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(ASK.as_bytes()).await.unwrap();
    assert!(read(&mut stream, r#""z"}}"#).await.starts_with("HTTP/1.1 200"));
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_connection_may_rest_longer_than_a_head_may_take() {
    let (address, _cancel, _server) = start(short()).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    for _ in 0..2 {
        stream.write_all(ASK.as_bytes()).await.unwrap();
        assert!(read(&mut stream, r#""z"}}"#).await.starts_with("HTTP/1.1 200"));
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    // A second head gets no more time than the first.
    stream.write_all(b"GET / HT").await.unwrap();
    let began = Instant::now();
    read(&mut stream, "never").await;
    assert!(began.elapsed() < Duration::from_millis(1_500));
    // And rest is not for ever.
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(ASK.as_bytes()).await.unwrap();
    read(&mut stream, r#""z"}}"#).await;
    assert_eq!(read(&mut stream, "never").await, "");
}

#[tokio::test]
async fn requests_under_way_end_and_then_the_server_does() {
    let (address, cancel, server) = start(settings()).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(ASK_SLOWLY.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    cancel.cancel();
    assert!(read(&mut stream, r#""slow":1"#).await.contains(r#""slow":1"#));
    timeout(Duration::from_secs(2), server).await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn the_drain_is_not_for_ever() {
    let mut settings = settings();
    settings.drain = Duration::from_millis(100);
    let (address, cancel, server) = start(settings).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(ASK_SLOWLY.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    cancel.cancel();
    timeout(Duration::from_millis(700), server).await.unwrap().unwrap();
    assert_eq!(read(&mut stream, "never").await, "");
}

#[tokio::test]
async fn connections_beyond_the_limit_wait() {
    let mut settings = settings();
    settings.max_connections = 1;
    let (address, _cancel, _server) = start(settings).await;
    let mut first = TcpStream::connect(address).await.unwrap();
    first.write_all(ASK.as_bytes()).await.unwrap();
    read(&mut first, r#""z"}}"#).await;
    let mut second = TcpStream::connect(address).await.unwrap();
    second.write_all(ASK.as_bytes()).await.unwrap();
    assert!(timeout(Duration::from_millis(200), second.read_u8()).await.is_err());
    drop(first);
    assert!(read(&mut second, r#""z"}}"#).await.contains("200 OK"));
}

#[tokio::test]
async fn http2_is_spoken_without_tls() {
    let (address, _cancel, _server) = start(settings()).await;
    let client = reqwest::Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
    let answer = client.get(format!("http://{address}/graphql?query=%7Bzebra%7D")).send().await.unwrap();
    assert_eq!((answer.status(), answer.version()), (http::StatusCode::OK, http::Version::HTTP_2));
}

/// All audits of the npm package `graphql-http`, with `MENJIN_AUDIT=1`: it needs Node and npm.
#[tokio::test(flavor = "multi_thread")]
async fn graphql_over_http_is_audited() {
    if option_env!("MENJIN_AUDIT").is_none() {
        return;
    }
    let (address, _cancel, _server) = start(settings()).await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/audit-graphql-http");
    let url = format!("http://{address}/graphql");
    let audit = tokio::task::spawn_blocking(move || std::process::Command::new(script).arg(url).status());
    assert!(audit.await.unwrap().unwrap().success());
}
