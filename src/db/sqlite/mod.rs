//! SQLite: the connection, and what only it can say.

use std::path::Path;
use std::time::Duration;

use diesel::sqlite::SqliteConnection;
use diesel_async::pooled_connection::bb8::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AsyncConnection as _, AsyncMigrationHarness, SimpleAsyncConnection as _};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use futures_util::FutureExt as _;

use super::error::DbError;

/// The connection that `queries` is compiled for.
pub type Conn = SyncConnectionWrapper<SqliteConnection>;

/// Runs an async closure in one transaction. `BEGIN IMMEDIATE`: a deferred one that reads before it writes fails at
/// once when another writer was faster, whatever the busy time-out.
macro_rules! write_tx {
    ($conn:expr, $body:expr) => {
        $conn.immediate_transaction($body).await
    };
}

#[path = "../queries/mod.rs"]
pub mod queries;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

const PRAGMAS: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
                       PRAGMA foreign_keys = ON;";

async fn connect(path: String) -> diesel::ConnectionResult<Conn> {
    let mut conn = Conn::establish(&path).await?;
    conn.batch_execute(PRAGMAS)
        .await
        .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

/// Makes the folder of the file where it is missing, opens the file, then makes the pool.
pub async fn open(path: &str, size: u32, timeout: Duration) -> Result<Pool<Conn>, DbError> {
    if let Some(folder) = Path::new(path)
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)
            .map_err(|error| DbError::Unavailable(format!("folder {}: {error}", folder.display())))?;
    }
    connect(path.to_owned())
        .await
        .map_err(|error| DbError::Unavailable(format!("{path}: {error}")))?;
    let mut config = ManagerConfig::default();
    config.custom_setup = Box::new(|path| connect(path.to_owned()).boxed());
    config.recycling_method = RecyclingMethod::Fast;
    Pool::builder()
        .max_size(size)
        .test_on_check_out(false)
        .connection_timeout(timeout)
        .build(AsyncDieselConnectionManager::new_with_config(path, config))
        .await
        .map_err(|error| DbError::Unavailable(error.to_string()))
}

/// Applies what is missing.
pub async fn migrate(path: &str) -> Result<Vec<String>, DbError> {
    let conn = connect(path.to_owned())
        .await
        .map_err(|error| DbError::Unavailable(error.to_string()))?;
    let mut harness = AsyncMigrationHarness::new(conn);
    tokio::task::spawn_blocking(move || {
        harness
            .run_pending_migrations(MIGRATIONS)
            .map(|applied| applied.iter().map(ToString::to_string).collect())
            .map_err(|error| DbError::Fault(format!("migration: {error}")))
    })
    .await
    .map_err(|error| DbError::Fault(error.to_string()))?
}
