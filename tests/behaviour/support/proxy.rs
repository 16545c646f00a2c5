//! A line to a server that can be cut.

use std::future::pending;
use std::net::SocketAddr;
use std::pin::pin;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the line does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Carries bytes.
    Up,
    /// Closes every connection, new ones at once.
    Refusing,
    /// Keeps connections open and carries nothing.
    Hanging,
    /// As `Hanging`, and the connections of that time stay silent for ever: their other end has vanished.
    Vanished,
}

impl Line {
    fn is_silent(self) -> bool {
        matches!(self, Self::Hanging | Self::Vanished)
    }
}

/// Forwards connections to a server while the line is up, and for as long as the runtime of its test lives.
pub struct Proxy {
    pub address: SocketAddr,
    line: watch::Sender<Line>,
}

impl Proxy {
    /// A line to `server`, which is `host:port`.
    pub async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (line, watched) = watch::channel(Line::Up);
        tokio::spawn(async move {
            while let Ok((caller, _)) = listener.accept().await {
                tokio::spawn(carry(caller, server.clone(), watched.clone()));
            }
        });
        Self { address, line }
    }

    /// A line to the server of an address, and the address of the line itself.
    pub async fn before(address: &str, default_port: u16) -> (Self, String) {
        let mut url: url::Url = address.parse().expect("an address");
        let host = url.host_str().expect("a host");
        let proxy = Self::to(format!("{host}:{}", url.port().unwrap_or(default_port))).await;
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(proxy.address.port())).expect("a port");
        (proxy, url.into())
    }

    pub fn set(&self, line: Line) {
        self.line.send_replace(line);
    }
}

/// A gateway that is still running can shut down gracefully.
impl Drop for Proxy {
    fn drop(&mut self) {
        self.set(Line::Up);
    }
}

async fn carry(caller: TcpStream, server: String, mut line: watch::Receiver<Line>) {
    // A connection that is made while the line hangs is taken and gets no answer.
    let vanished = {
        let mut line = line.clone();
        async move { line.wait_for(|line| *line == Line::Vanished).await.map(|_| ()) }
    };
    let mut carried = pin!(async move {
        if line.wait_for(|line| !line.is_silent()).await.is_err() || *line.borrow() == Line::Refusing {
            return;
        }
        let Ok(server) = TcpStream::connect(server).await else {
            return;
        };
        let (caller_in, caller_out) = caller.into_split();
        let (server_in, server_out) = server.into_split();
        let cut = {
            let mut line = line.clone();
            async move { line.wait_for(|line| *line == Line::Refusing).await.map(|_| ()) }
        };
        tokio::select! {
            () = pump(caller_in, server_out, line.clone()) => {}
            () = pump(server_in, caller_out, line.clone()) => {}
            Ok(()) = cut => {}
        }
    });
    tokio::select! {
        () = &mut carried => {}
        // Polled no more, but still there: its sockets stay open.
        Ok(()) = vanished => pending().await,
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut line: watch::Receiver<Line>) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read) = from.read(&mut buffer).await {
        if read == 0 || line.wait_for(|line| !line.is_silent()).await.is_err() {
            return;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
