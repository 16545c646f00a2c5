//! The durable store, for commands that work on it without a gateway.

use std::time::Duration;

use crate::config::Config;
use crate::db::{self, Db, DbError};

/// Opens the store, brought up to date as a gateway does at its start. `deadline` is for each query: the operator waits
/// longer than a caller.
///
/// # Errors
/// In words for the operator.
pub async fn open(config: &Config, deadline: Duration) -> Result<Db, String> {
    let settings = &config.database;
    let told = |error: DbError| error.to_string();
    if settings.migrate {
        db::migrate(&settings.url).await.map_err(told)?;
    } else {
        let pending = db::pending(&settings.url).await.map_err(told)?;
        if !pending.is_empty() {
            return Err(format!(
                "missing migrations: {}; apply them with `menjin migrate`",
                pending.join(", ")
            ));
        }
    }
    Db::open(&settings.url, 2, deadline).await.map_err(told)
}
