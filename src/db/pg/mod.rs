//! PostgreSQL: the connection, and what only it can say.

use std::time::Duration;

use diesel::ConnectionError;
use diesel_async::pooled_connection::bb8::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncMigrationHarness, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use futures_util::FutureExt as _;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::DbError;

/// The connection that `queries` is compiled for.
pub type Conn = diesel_async::AsyncPgConnection;

/// Runs an async closure in one transaction.
macro_rules! write_tx {
    ($conn:expr, $body:expr) => {
        diesel_async::AsyncConnection::transaction($conn, $body).await
    };
}

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

/// tokio-postgres knows `disable`, `prefer` and `require`. rustls always verifies the certificate and the name, so
/// the two stricter modes of libpq are what `require` does here.
fn normalized(url: &str) -> String {
    url.replace("sslmode=verify-full", "sslmode=require")
        .replace("sslmode=verify-ca", "sslmode=require")
}

async fn connect(url: String) -> Result<Conn, ConnectionError> {
    let bad = |error: tokio_postgres::Error| ConnectionError::BadConnection(describe(&error));
    let config: tokio_postgres::Config = normalized(&url).parse().map_err(bad)?;
    if config.get_ssl_mode() == tokio_postgres::config::SslMode::Disable {
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
    connect(url.to_owned())
        .await
        .map_err(|error| DbError::Unavailable(error.to_string()))?;
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

/// Applies what is missing, one gateway at a time.
pub async fn migrate(url: &str) -> Result<Vec<String>, DbError> {
    let mut conn = connect(url.to_owned())
        .await
        .map_err(|error| DbError::Unavailable(error.to_string()))?;
    conn.batch_execute(&format!("SELECT pg_advisory_lock({MIGRATION_LOCK})"))
        .await?;
    let mut harness = AsyncMigrationHarness::new(conn);
    // The lock ends with the connection, which this function owns.
    tokio::task::spawn_blocking(move || {
        harness
            .run_pending_migrations(MIGRATIONS)
            .map(|applied| applied.iter().map(ToString::to_string).collect())
            .map_err(|error| DbError::Fault(format!("migration: {error}")))
    })
    .await
    .map_err(|error| DbError::Fault(error.to_string()))?
}
