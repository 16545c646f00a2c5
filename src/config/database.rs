//! The durable store.

use std::path::Path;
use std::time::Duration;

use super::reader::Reader;

/// Where accounts are kept. No `Debug`: the address may hold a password.
#[derive(Clone)]
pub struct DatabaseSettings {
    /// `postgres://…` or `sqlite:<file>`.
    pub url: String,
    /// Whether this is SQLite.
    pub embedded: bool,
    pub pool_size: u32,
    /// For each query, waiting for a connection included.
    pub deadline: Duration,
    /// Whether missing migrations are applied at start.
    pub migrate: bool,
}

impl DatabaseSettings {
    /// Reads the section.
    pub fn read(reader: &mut Reader, data_folder: &Path) -> Self {
        let url = reader.secret("database.url", "`postgres://user:password@host/name?sslmode=require` or `sqlite:<file>`; empty: `menjin.db` in the data folder.");
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
            pool_size: reader.value("database.pool_size", "10", "Connections at the most."),
            deadline: reader.duration(
                "database.deadline",
                "900ms",
                "For each query, waiting for a connection included; then the answer is `UNAVAILABLE`.",
            ),
            migrate: reader.value(
                "database.migrate",
                "true",
                "Whether missing migrations are applied at start; `menjin migrate` applies them by hand.",
            ),
        };
        if settings.pool_size == 0 {
            reader.error("database.pool_size", "at least 1");
        }
        settings
    }
}
