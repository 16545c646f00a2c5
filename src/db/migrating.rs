//! What both backends need to run migrations.

use super::error::DbError;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs `work` where it may block: the harness does, and would panic on a runtime of one thread.
pub(super) async fn in_blocking_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, DbError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(outcome)) => Ok(outcome),
        Ok(Err(error)) => Err(DbError::Internal(format!("migration: {error}"))),
        Err(error) => Err(DbError::Internal(error.to_string())),
    }
}
