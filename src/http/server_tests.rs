//! Tests of the server over real sockets, with short timeouts.

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

const REQUEST: &str = "GET /graphql?query=%7Bzebra%7D HTTP/1.1\r\nhost: localhost\r\n\r\n";
const SLOW_REQUEST: &str = "GET /graphql?query=%7Bslow%7D HTTP/1.1\r\nhost: localhost\r\n\r\n";

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

/// Reads until the text contains `end` or the server closes the connection.
async fn read(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4_096];
    while !text.contains(end) {
        let read =
            timeout(Duration::from_secs(5), stream.read(&mut buffer)).await.expect("the read ends in time");
        match read {
            Ok(0) | Err(_) => break,
            Ok(count) => text.push_str(&String::from_utf8_lossy(&buffer[..count])),
        }
    }
    text
}

#[tokio::test]
async fn an_incomplete_request_head_times_out() {
    let (address, _cancel, _server) = start(short()).await;
    for head in ["", "P", "PRI * HTTP/2.0\r\n", "GET / HTTP/1.1\r\nhost: local"] {
        let start = Instant::now();
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        read(&mut stream, "never").await;
        assert!(start.elapsed() < Duration::from_millis(1_500), "{head:?}: {:?}", start.elapsed());
    }
}

#[tokio::test]
async fn idle_connections_are_closed_early_at_the_connection_limit() {
    let mut settings = short();
    settings.idle_timeout = Duration::from_secs(60);
    settings.max_connections = 4;
    let (address, _cancel, _server) = start(settings).await;
    let mut idle = Vec::new();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(REQUEST.as_bytes()).await.unwrap();
        read(&mut stream, r#""z"}}"#).await;
        idle.push(stream);
    }
    let start = Instant::now();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(REQUEST.as_bytes()).await.unwrap();
    assert!(read(&mut stream, r#""z"}}"#).await.starts_with("HTTP/1.1 200"));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_connection_may_be_idle_longer_than_the_header_timeout() {
    let (address, _cancel, _server) = start(short()).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    for _ in 0..2 {
        stream.write_all(REQUEST.as_bytes()).await.unwrap();
        assert!(read(&mut stream, r#""z"}}"#).await.starts_with("HTTP/1.1 200"));
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    // The header timeout applies to the second request too.
    stream.write_all(b"GET / HT").await.unwrap();
    let start = Instant::now();
    read(&mut stream, "never").await;
    assert!(start.elapsed() < Duration::from_millis(1_500));
    // The idle timeout closes the connection.
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(REQUEST.as_bytes()).await.unwrap();
    read(&mut stream, r#""z"}}"#).await;
    assert_eq!(read(&mut stream, "never").await, "");
}

#[tokio::test]
async fn shutdown_waits_for_requests_in_progress() {
    let (address, cancel, server) = start(settings()).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(SLOW_REQUEST.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    cancel.cancel();
    assert!(read(&mut stream, r#""slow":1"#).await.contains(r#""slow":1"#));
    timeout(Duration::from_secs(2), server).await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn shutdown_closes_connections_after_the_drain_timeout() {
    let mut settings = settings();
    settings.drain = Duration::from_millis(100);
    let (address, cancel, server) = start(settings).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(SLOW_REQUEST.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    cancel.cancel();
    timeout(Duration::from_millis(700), server).await.unwrap().unwrap();
    assert_eq!(read(&mut stream, "never").await, "");
}

#[tokio::test]
async fn connections_above_the_limit_wait() {
    let mut settings = settings();
    settings.max_connections = 1;
    let (address, _cancel, _server) = start(settings).await;
    let mut first = TcpStream::connect(address).await.unwrap();
    first.write_all(REQUEST.as_bytes()).await.unwrap();
    read(&mut first, r#""z"}}"#).await;
    let mut second = TcpStream::connect(address).await.unwrap();
    second.write_all(REQUEST.as_bytes()).await.unwrap();
    assert!(timeout(Duration::from_millis(200), second.read_u8()).await.is_err());
    drop(first);
    assert!(read(&mut second, r#""z"}}"#).await.contains("200 OK"));
}

#[tokio::test]
async fn http2_works_without_tls() {
    let (address, _cancel, _server) = start(settings()).await;
    let client = reqwest::Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
    let response = client.get(format!("http://{address}/graphql?query=%7Bzebra%7D")).send().await.unwrap();
    assert_eq!((response.status(), response.version()), (http::StatusCode::OK, http::Version::HTTP_2));
}

/// Runs all audits of the npm package `graphql-http` if `MENJIN_AUDIT` is set at compile time. Needs Node and npm.
#[tokio::test(flavor = "multi_thread")]
async fn the_audits_of_graphql_over_http_pass() {
    if option_env!("MENJIN_AUDIT").is_none() {
        return;
    }
    let (address, _cancel, _server) = start(settings()).await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/audit-graphql-http");
    let url = format!("http://{address}/graphql");
    let audit = tokio::task::spawn_blocking(move || std::process::Command::new(script).arg(url).status());
    assert!(audit.await.unwrap().unwrap().success());
}
