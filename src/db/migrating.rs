//! Running migrations on both backends.

use super::error::DbError;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs `work` on a thread that may block: the harness blocks, and would panic on a runtime with one thread.
pub(super) async fn in_blocking_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, DbError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(outcome)) => Ok(outcome),
        Ok(Err(error)) => Err(DbError::Internal(format!("migration: {error}"))),
        Err(error) => Err(DbError::Internal(error.to_string())),
    }
}
