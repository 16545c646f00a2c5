//! SQLite: the connection, and queries that only this backend has.

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
use super::migrating::in_blocking_thread;

/// The connection that `queries` is compiled for.
pub type Conn = SyncConnectionWrapper<SqliteConnection>;

/// Runs an async closure in one transaction. `BEGIN IMMEDIATE`: a deferred transaction that reads before it writes fails at
/// once when another writer was first, whatever the busy timeout is.
macro_rules! write_tx {
    ($conn:expr, $body:expr) => {
        $conn.immediate_transaction($body).await
    };
}

pub mod claims;
pub mod events;
pub mod imports;
#[path = "../queries/mod.rs"]
pub mod queries;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

const PRAGMAS: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
                       PRAGMA foreign_keys = ON;";

async fn connect(path: String) -> diesel::ConnectionResult<Conn> {
    let mut conn = Conn::establish(&path).await?;
    conn.batch_execute(PRAGMAS).await.map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

/// Creates a missing file that only its owner can read: it contains contacts, and in development also codes. SQLite gives
/// the files beside it the same permissions.
fn make_private(path: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Creates the folder and the file if they are missing, then builds the pool.
pub async fn open(path: &str, size: u32, timeout: Duration) -> Result<Pool<Conn>, DbError> {
    if let Some(folder) = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|error| DbError::Unavailable(format!("folder {}: {error}", folder.display())))?;
    }
    make_private(path).map_err(|error| DbError::Unavailable(format!("{path}: {error}")))?;
    connect(path.to_owned()).await.map_err(|error| DbError::Unavailable(format!("{path}: {error}")))?;
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

/// Applies the pending migrations.
pub async fn migrate(path: &str) -> Result<Vec<String>, DbError> {
    let conn = connect(path.to_owned()).await.map_err(|error| DbError::Unavailable(error.to_string()))?;
    let mut harness = AsyncMigrationHarness::new(conn);
    in_blocking_thread(move || {
        let applied = harness.run_pending_migrations(MIGRATIONS)?;
        Ok(applied.iter().map(ToString::to_string).collect())
    })
    .await
}

/// Returns the names of the pending migrations.
pub async fn pending(path: &str) -> Result<Vec<String>, DbError> {
    let conn = connect(path.to_owned()).await.map_err(|error| DbError::Unavailable(error.to_string()))?;
    let mut harness = AsyncMigrationHarness::new(conn);
    in_blocking_thread(move || {
        let pending = harness.pending_migrations(MIGRATIONS)?;
        Ok(pending.iter().map(|migration| migration.name().to_string()).collect())
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[tokio::test]
    async fn only_the_owner_can_read_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db").display().to_string();
        let _pool = open(&path, 1, Duration::from_secs(1)).await.unwrap();
        migrate(&path).await.unwrap();
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
        assert!(!files.is_empty());
        for file in files {
            let mode = file.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{:?}: {mode:o}", file.path());
        }
    }
}
