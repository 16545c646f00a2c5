//! A TCP proxy whose connections can be interrupted.

use std::future::pending;
use std::net::SocketAddr;
use std::pin::pin;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the proxy does with connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyState {
    /// Forwards bytes.
    Up,
    /// Closes every connection, and new ones at once.
    Refusing,
    /// Keeps connections open and forwards nothing.
    Hanging,
    /// Like `Hanging`, but the present connections stay silent for ever, as if the server had vanished.
    Vanished,
}

impl ProxyState {
    fn is_silent(self) -> bool {
        matches!(self, Self::Hanging | Self::Vanished)
    }
}

/// Forwards connections to a server, for as long as the runtime of its test lives.
pub struct Proxy {
    pub address: SocketAddr,
    state: watch::Sender<ProxyState>,
}

impl Proxy {
    /// Starts a proxy for `server`, which is `host:port`.
    pub async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (state, watched) = watch::channel(ProxyState::Up);
        tokio::spawn(async move {
            while let Ok((caller, _)) = listener.accept().await {
                tokio::spawn(carry(caller, server.clone(), watched.clone()));
            }
        });
        Self { address, state }
    }

    /// Starts a proxy for the server of a URL, and returns the URL of the proxy, too.
    pub async fn before(address: &str, default_port: u16) -> (Self, String) {
        let mut url: url::Url = address.parse().expect("an address");
        let host = url.host_str().expect("a host");
        let proxy = Self::to(format!("{host}:{}", url.port().unwrap_or(default_port))).await;
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(proxy.address.port())).expect("a port");
        (proxy, url.into())
    }

    pub fn set(&self, state: ProxyState) {
        self.state.send_replace(state);
    }
}

/// Lets a running gateway shut down gracefully.
impl Drop for Proxy {
    fn drop(&mut self) {
        self.set(ProxyState::Up);
    }
}

async fn carry(caller: TcpStream, server: String, mut state: watch::Receiver<ProxyState>) {
    // A new connection is accepted while the proxy hangs, and gets no response.
    let vanished = {
        let mut state = state.clone();
        async move { state.wait_for(|state| *state == ProxyState::Vanished).await.map(|_| ()) }
    };
    let mut carried = pin!(async move {
        if state.wait_for(|state| !state.is_silent()).await.is_err()
            || *state.borrow() == ProxyState::Refusing
        {
            return;
        }
        let Ok(server) = TcpStream::connect(server).await else {
            return;
        };
        let (caller_in, caller_out) = caller.into_split();
        let (server_in, server_out) = server.into_split();
        let cut = {
            let mut state = state.clone();
            async move { state.wait_for(|state| *state == ProxyState::Refusing).await.map(|_| ()) }
        };
        tokio::select! {
            () = pump(caller_in, server_out, state.clone()) => {}
            () = pump(server_in, caller_out, state.clone()) => {}
            Ok(()) = cut => {}
        }
    });
    tokio::select! {
        () = &mut carried => {}
        // The future is no longer polled but not dropped, so that its sockets stay open.
        Ok(()) = vanished => pending().await,
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut state: watch::Receiver<ProxyState>) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read) = from.read(&mut buffer).await {
        if read == 0 || state.wait_for(|state| !state.is_silent()).await.is_err() {
            return;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
