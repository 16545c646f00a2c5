//! The database for commands that run without a gateway.

use std::time::Duration;

use crate::config::Config;
use crate::db::{self, Db, DbError};

/// Opens the database and applies pending migrations, as a gateway does at startup. `deadline` is the deadline of each
/// query; operators wait longer than callers.
///
/// # Errors
/// A message for the operator.
pub async fn open(config: &Config, deadline: Duration) -> Result<Db, String> {
    let settings = &config.database;
    let told = |error: DbError| error.to_string();
    if settings.migrate {
        db::migrate(&settings.url).await.map_err(told)?;
    } else {
        let pending = db::pending(&settings.url).await.map_err(told)?;
        if !pending.is_empty() {
            return Err(format!(
                "pending migrations: {}; apply them with `menjin migrate`",
                pending.join(", ")
            ));
        }
    }
    Db::open(&settings.url, 2, deadline).await.map_err(told)
}
