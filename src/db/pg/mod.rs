//! PostgreSQL: the connection, and what only it can say.

use std::net::IpAddr;
use std::time::Duration;

use diesel::ConnectionError;
use diesel_async::pooled_connection::bb8::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{
    AnsiTransactionManager, AsyncMigrationHarness, SimpleAsyncConnection, TransactionManager as _,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use futures_util::FutureExt as _;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::DbError;
use super::migrating::in_blocking_thread;

/// The connection that `queries` is compiled for.
pub type Conn = diesel_async::AsyncPgConnection;

/// Runs an async closure in one transaction.
macro_rules! write_tx {
    ($conn:expr, $body:expr) => {
        diesel_async::AsyncConnection::transaction($conn, $body).await
    };
}

pub mod claims;
pub mod imports;
#[path = "../queries/mod.rs"]
pub mod queries;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Holds migrations of gateways that start together apart: "menjin" in ASCII.
const MIGRATION_LOCK: i64 = 0x6d65_6e6a_696e;

/// How the TLS of a connection is to be had.
fn tls() -> Result<MakeRustlsConnect, ConnectionError> {
    use rustls_platform_verifier::ConfigVerifierExt as _;
    rustls::ClientConfig::with_platform_verifier()
        .map(MakeRustlsConnect::new)
        .map_err(|error| ConnectionError::BadConnection(error.to_string()))
}

/// tokio-postgres knows `disable`, `prefer` (the default) and `require`. rustls always verifies the certificate and the name, so
/// the two stricter modes of libpq are what `require` does here.
fn normalized(url: &str) -> String {
    url.replace("sslmode=verify-full", "sslmode=require").replace("sslmode=verify-ca", "sslmode=require")
}

/// Where no mode is named, a server on this machine is spoken to plainly: Debian's own certificate is signed by nobody,
/// and there is no wire to listen on. Every other server is spoken to by TLS, or the address says `sslmode=disable`.
fn without_tls(config: &tokio_postgres::Config) -> bool {
    let here = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback()),
    };
    let mode = config.get_ssl_mode();
    mode == SslMode::Disable || mode == SslMode::Prefer && config.get_hosts().iter().all(here)
}

/// A server that takes a connection and then says nothing must neither hold up the start nor keep a place in the pool.
const CONNECT: Duration = Duration::from_secs(3);

async fn connect(url: String) -> Result<Conn, ConnectionError> {
    let late = |_| ConnectionError::BadConnection("the server gave no answer within 3 seconds".into());
    tokio::time::timeout(CONNECT, dial(url)).await.map_err(late)?
}

async fn dial(url: String) -> Result<Conn, ConnectionError> {
    let bad = |error: tokio_postgres::Error| ConnectionError::BadConnection(describe(&error));
    let config: tokio_postgres::Config = normalized(&url).parse().map_err(bad)?;
    if without_tls(&config) {
        let (client, connection) = config.connect(tokio_postgres::NoTls).await.map_err(bad)?;
        Conn::try_from_client_and_connection(client, connection).await
    } else {
        let (client, connection) = config.connect(tls()?).await.map_err(bad)?;
        Conn::try_from_client_and_connection(client, connection).await
    }
}

/// tokio-postgres puts the reason into `source`, which its `Display` leaves out.
fn describe(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// Connects once, so that a wrong address or password is told in the server's words, then makes the pool.
pub async fn open(url: &str, size: u32, timeout: Duration) -> Result<Pool<Conn>, DbError> {
    connect(url.to_owned()).await.map_err(|error| DbError::Unavailable(error.to_string()))?;
    let mut config = ManagerConfig::default();
    config.custom_setup = Box::new(|url| connect(url.to_owned()).boxed());
    // A closed socket is seen without a ping; the ping would cost more than a third of the rate.
    config.recycling_method = RecyclingMethod::Fast;
    Pool::builder()
        .max_size(size)
        .test_on_check_out(false)
        .connection_timeout(timeout)
        .build(AsyncDieselConnectionManager::new_with_config(url, config))
        .await
        .map_err(|error| DbError::Unavailable(error.to_string()))
}

/// Keeps a connection out of the pool: its other end may have vanished without a word, and the system would go on
/// sending to it for a quarter of an hour.
pub fn abandon(conn: &mut Conn) {
    AnsiTransactionManager::transaction_manager_status_mut(conn).set_in_error();
}

/// Applies what is missing, one gateway at a time.
pub async fn migrate(url: &str) -> Result<Vec<String>, DbError> {
    let mut conn = connect(url.to_owned()).await.map_err(|error| DbError::Unavailable(error.to_string()))?;
    conn.batch_execute(&format!("SELECT pg_advisory_lock({MIGRATION_LOCK})")).await?;
    let mut harness = AsyncMigrationHarness::new(conn);
    // The lock ends with the connection, which this function owns.
    in_blocking_thread(move || {
        let applied = harness.run_pending_migrations(MIGRATIONS)?;
        Ok(applied.iter().map(ToString::to_string).collect())
    })
    .await
}

/// Tells what is missing.
pub async fn pending(url: &str) -> Result<Vec<String>, DbError> {
    let conn = connect(url.to_owned()).await.map_err(|error| DbError::Unavailable(error.to_string()))?;
    let mut harness = AsyncMigrationHarness::new(conn);
    in_blocking_thread(move || {
        let pending = harness.pending_migrations(MIGRATIONS)?;
        Ok(pending.iter().map(|migration| migration.name().to_string()).collect())
    })
    .await
}
