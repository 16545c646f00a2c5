//! PostgreSQL: the connection, and what only it can say.

use std::time::Duration;

use diesel::ConnectionError;
use diesel_async::pooled_connection::bb8::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{
    AnsiTransactionManager, AsyncMigrationHarness, SimpleAsyncConnection as _, TransactionManager as _,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use futures_util::FutureExt as _;

pub use connection::Conn;
use dial::Route;

use super::error::DbError;
use super::migrating::in_blocking_thread;

/// Runs an async closure in one transaction.
macro_rules! write_tx {
    ($conn:expr, $body:expr) => {
        diesel_async::AsyncConnection::transaction($conn, $body).await
    };
}

pub mod claims;
mod connection;
mod dial;
pub mod events;
pub mod imports;
#[path = "../queries/mod.rs"]
pub mod queries;
mod sqlstate;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// The lock of migrations, so that gateways that start together wait for each other: "menjin" in ASCII.
const MIGRATION_LOCK: i64 = 0x6d65_6e6a_696e;

/// Connects once, so that a wrong address or password is reported in the server's words, then builds the pool.
pub async fn open(url: &str, size: u32, timeout: Duration) -> Result<Pool<Conn>, DbError> {
    let route = dial::route(url).await?;
    let named_statements = route == Route::Session;
    if !named_statements {
        tracing::info!("a pooler shares the sessions of the database: statements are sent without names");
    }
    let mut config = ManagerConfig::default();
    config.custom_setup = Box::new(move |url| {
        let bad = |error: DbError| ConnectionError::BadConnection(error.to_string());
        async move { Conn::connect(url, named_statements).await.map_err(bad) }.boxed()
    });
    // A closed socket is noticed without a ping, which would cost more than a third of the rate.
    config.recycling_method = RecyclingMethod::Fast;
    Pool::builder()
        .max_size(size)
        .test_on_check_out(false)
        .connection_timeout(timeout)
        .build(AsyncDieselConnectionManager::new_with_config(url, config))
        .await
        .map_err(|error| DbError::Unavailable(error.to_string()))
}

/// Applies the missing migrations in one transaction, one gateway at a time. The lock belongs to the transaction: behind a
/// pooler, a lock of the session would stay on a connection that other clients use.
pub async fn migrate(url: &str) -> Result<Vec<String>, DbError> {
    // Refuses a pooler that cannot be used.
    dial::route(url).await?;
    let mut conn = Conn::connect(url, false).await?;
    AnsiTransactionManager::begin_transaction(&mut conn).await?;
    conn.batch_execute(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")).await?;
    let mut harness = AsyncMigrationHarness::new(conn);
    let (mut conn, applied) = in_blocking_thread(move || {
        let applied = harness.run_pending_migrations(MIGRATIONS)?.iter().map(ToString::to_string).collect();
        Ok((harness.into_inner(), applied))
    })
    .await?;
    AnsiTransactionManager::commit_transaction(&mut conn).await?;
    Ok(applied)
}

/// Returns the missing migrations.
pub async fn pending(url: &str) -> Result<Vec<String>, DbError> {
    let conn = Conn::connect(url, false).await?;
    let mut harness = AsyncMigrationHarness::new(conn);
    in_blocking_thread(move || {
        let pending = harness.pending_migrations(MIGRATIONS)?;
        Ok(pending.iter().map(|migration| migration.name().to_string()).collect())
    })
    .await
}
