//! Connecting to PostgreSQL: TLS, deadlines, and poolers.

use std::net::IpAddr;
use std::time::Duration;

use rustls_platform_verifier::ConfigVerifierExt as _;
use tokio_postgres::Client;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::db::error::DbError;

/// How long connecting may take. A server that accepts a connection and then says nothing must neither delay the start nor
/// occupy a place in the pool.
const TIMEOUT: Duration = Duration::from_secs(3);

fn tls() -> Result<MakeRustlsConnect, DbError> {
    rustls::ClientConfig::with_platform_verifier()
        .map(MakeRustlsConnect::new)
        .map_err(|error| DbError::Unavailable(error.to_string()))
}

/// Replaces the modes that tokio-postgres does not support. It supports `disable`, `prefer` (the default) and `require`. rustls
/// always verifies certificate and name, so `require` does what the two stricter modes of libpq do.
fn normalized(url: &str) -> String {
    url.replace("sslmode=verify-full", "sslmode=require").replace("sslmode=verify-ca", "sslmode=require")
}

/// Returns whether TLS is not used. Without a mode, connections to this machine are plain, because Debian's certificate is
/// self-signed and no network is involved; all others use TLS unless the address says `sslmode=disable`.
fn without_tls(config: &tokio_postgres::Config) -> bool {
    let local = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback()),
    };
    let mode = config.get_ssl_mode();
    mode == SslMode::Disable || mode == SslMode::Prefer && config.get_hosts().iter().all(local)
}

/// Returns the text of an error with its cause, which tokio-postgres leaves out of `Display`.
pub fn describe(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

async fn open(url: &str) -> Result<Client, DbError> {
    let unavailable = |error: tokio_postgres::Error| DbError::Unavailable(describe(&error));
    let config: tokio_postgres::Config = normalized(url).parse().map_err(unavailable)?;
    if without_tls(&config) {
        let (client, connection) = config.connect(tokio_postgres::NoTls).await.map_err(unavailable)?;
        tokio::spawn(connection);
        Ok(client)
    } else {
        let (client, connection) = config.connect(tls()?).await.map_err(unavailable)?;
        tokio::spawn(connection);
        Ok(client)
    }
}

/// Opens a connection.
pub async fn client(url: &str) -> Result<Client, DbError> {
    let late = |_| DbError::Unavailable("the server did not respond within 3 seconds".into());
    tokio::time::timeout(TIMEOUT, open(url)).await.map_err(late)?
}

/// What a connection leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Each connection has a server session of its own: a server, or a pooler in session mode.
    Session,
    /// A pooler that gives a session to a client for one transaction.
    Transaction,
}

/// How often each of two connections is asked for its server process.
const PROBES: usize = 10;

/// Finds out whether a pooler shares sessions. Two connections to a server never have the same process, and a connection never
/// changes it.
///
/// # Errors
/// [`DbError::Unavailable`] if the server cannot be reached, or if a pooler gives a session for one statement only: then
/// transactions are impossible, and the gateway needs them.
pub async fn route(url: &str) -> Result<Route, DbError> {
    let probe = async {
        let (first, second) = (client(url).await?, client(url).await?);
        let (home, other) = (process(&first).await?, process(&second).await?);
        let mut shared = home == other;
        for _ in 0..PROBES {
            let (now, also) = (process(&first).await?, process(&second).await?);
            shared = shared || now == also || now != home || also != other;
        }
        if !shared {
            return Ok(Route::Session);
        }
        if let Err(error) = first.batch_execute("BEGIN").await {
            return Err(DbError::Unavailable(format!(
                "the pooler does not allow transactions; set pool_mode = transaction or session ({})",
                describe(&error)
            )));
        }
        first.batch_execute("ROLLBACK").await.map_err(|error| DbError::Unavailable(describe(&error)))?;
        Ok(Route::Transaction)
    };
    let late = |_| DbError::Unavailable("the server did not respond within 9 seconds".into());
    tokio::time::timeout(TIMEOUT * 3, probe).await.map_err(late)?
}

/// Returns the server process that runs a query now. The statement has no name, so it is safe behind every pooler.
async fn process(client: &Client) -> Result<i32, DbError> {
    let unavailable = |error: tokio_postgres::Error| DbError::Unavailable(describe(&error));
    let rows = client.query_typed("SELECT pg_backend_pid()", &[]).await.map_err(unavailable)?;
    let missing = || DbError::Internal("pg_backend_pid() returned no row".into());
    rows.first().ok_or_else(missing)?.try_get(0).map_err(unavailable)
}
