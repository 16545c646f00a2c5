//! Settings of the database.

use std::path::Path;
use std::time::Duration;

use super::reader::Reader;

/// Settings of the database. No `Debug`: the URL may contain a password.
#[derive(Clone)]
pub struct DatabaseSettings {
    /// `postgres://…` or `sqlite:<file>`.
    pub url: String,
    /// Whether this is SQLite.
    pub embedded: bool,
    pub pool_size: u32,
    /// The deadline of each query, including the wait for a connection.
    pub deadline: Duration,
    /// Whether pending migrations are applied at startup.
    pub migrate: bool,
}

impl DatabaseSettings {
    /// Reads the section.
    pub fn read(reader: &mut Reader, data_folder: &Path) -> Self {
        let url = reader.secret("database.url", "`postgres://user:password@host/name?sslmode=require` or `sqlite:<file>`. Default: `menjin.db` in the data folder.");
        let url = url.map_or_else(
            || format!("sqlite:{}", data_folder.join("menjin.db").display()),
            |url| crate::core::secret::ExposeSecret::expose_secret(&url).trim().to_owned(),
        );
        let embedded = url.starts_with("sqlite:");
        if !embedded && !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            reader.error("database.url", "must begin with postgres:// or sqlite:");
        }
        let settings = Self {
            url,
            embedded,
            pool_size: reader.value("database.pool_size", "10", "The maximum number of connections."),
            deadline: reader.duration(
                "database.deadline",
                "900ms",
                "The deadline of each query, including the wait for a connection. Afterwards the request fails with `UNAVAILABLE`.",
            ),
            migrate: reader.value(
                "database.migrate",
                "true",
                "Whether pending migrations are applied at startup. `menjin migrate` applies them on demand.",
            ),
        };
        if settings.pool_size == 0 {
            reader.error("database.pool_size", "must be at least 1");
        }
        settings
    }
}
