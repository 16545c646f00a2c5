//! The durable store: PostgreSQL or SQLite behind one [`Db`].
//!
//! `queries/` is written once and compiled twice: `pg/mod.rs` and `sqlite/mod.rs` each define `Conn` and `write_tx!`
//! and include it by `#[path]`. Each query is a function `(&mut Conn, ..) -> Result<_, DbError>`, and one line in the
//! table at the end of this file makes it a method of [`Db`]. A compound write (user and session and audit entry) is
//! one function and one transaction. A unique constraint is the check: its violation comes back as [`Taken`].

mod error;
pub mod models;
mod pg;
pub mod schema;
mod sqlite;
pub mod types;

use std::time::Duration;

use diesel_async::pooled_connection::bb8::Pool;

pub use error::{DbError, Taken};

use crate::core::clock::Instant;
use crate::core::ids::{SessionId, UserId};
use models::{AuditEvent, NewUser, Session, SigningKey, User};

/// The durable store. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pools: Pools,
    deadline: Duration,
}

#[derive(Clone)]
enum Pools {
    Pg(Pool<pg::Conn>),
    Sqlite(Pool<sqlite::Conn>),
}

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Postgres,
    Sqlite,
}

/// Tells the backend of a `DATABASE_URL` and, for SQLite, the path; `None` for a scheme that is neither.
#[must_use]
pub fn backend_of(url: &str) -> Option<(Backend, &str)> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Some((Backend::Postgres, url));
    }
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    (!path.is_empty()).then_some((Backend::Sqlite, path))
}

fn unknown_scheme() -> DbError {
    DbError::Unavailable("the database address must begin with postgres:// or sqlite:".into())
}

/// Applies the migrations that are missing and tells their names. Gateways that start together wait for each other.
///
/// # Errors
/// [`DbError`] in the server's own words when it cannot be reached or a migration fails.
pub async fn migrate(url: &str) -> Result<Vec<String>, DbError> {
    match backend_of(url).ok_or_else(unknown_scheme)? {
        (Backend::Postgres, url) => pg::migrate(url).await,
        (Backend::Sqlite, path) => {
            sqlite::open(path, 1, Duration::from_secs(5)).await?;
            sqlite::migrate(path).await
        }
    }
}

impl Db {
    /// Opens the pool: `size` connections at the most, `deadline` for each query, waiting for a connection included.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] in the server's own words.
    pub async fn open(url: &str, size: u32, deadline: Duration) -> Result<Self, DbError> {
        let pools = match backend_of(url).ok_or_else(unknown_scheme)? {
            (Backend::Postgres, url) => Pools::Pg(pg::open(url, size, deadline).await?),
            (Backend::Sqlite, path) => Pools::Sqlite(sqlite::open(path, size, deadline).await?),
        };
        Ok(Self { pools, deadline })
    }

    /// Which database this is.
    #[must_use]
    pub fn backend(&self) -> Backend {
        match self.pools {
            Pools::Pg(_) => Backend::Postgres,
            Pools::Sqlite(_) => Backend::Sqlite,
        }
    }
}

/// One line a query: its topic, name, arguments and result.
macro_rules! dispatch {
    ($($(#[$doc:meta])* $module:ident :: $topic:ident :: $name:ident ($($arg:ident : $type:ty),*) -> $out:ty;)+) => {
        impl Db {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// [`DbError`].
            pub async fn $name(&self, $($arg: $type),*) -> Result<$out, DbError> {
                let query = async {
                    match &self.pools {
                        Pools::Pg(pool) => pg::$module::$topic::$name(&mut *pool.get().await?, $($arg),*).await,
                        Pools::Sqlite(pool) => {
                            sqlite::$module::$topic::$name(&mut *pool.get().await?, $($arg),*).await
                        }
                    }
                };
                match tokio::time::timeout(self.deadline, query).await {
                    Ok(outcome) => outcome,
                    Err(_) => Err(DbError::Unavailable(concat!(stringify!($name), " took too long").into())),
                }
            }
        )+}
    };
}

dispatch! {
    /// Finds a person by id.
    queries::users::find_user(id: UserId) -> Option<User>;
    /// Finds a person by the canonical form of a user name.
    queries::users::find_user_by_username(key: &str) -> Option<User>;
    /// Finds a person by mobile number (E.164).
    queries::users::find_user_by_mobile(mobile: &str) -> Option<User>;
    /// Finds a person by the canonical form of an e-mail address.
    queries::users::find_user_by_email(key: &str) -> Option<User>;
    /// Whether a nickname's canonical form is in use.
    queries::users::nickname_exists(key: &str) -> bool;
    /// A new account with its first session and the audit entry, all or nothing.
    queries::users::create_user(user: &NewUser, session: &Session, event: &AuditEvent) -> ();
    /// Replaces a password hash, unless it changed since it was read.
    queries::users::rehash_password(id: UserId, old: &str, new: &str, now: Instant) -> bool;

    /// A new session with its audit entry, all or nothing.
    queries::sessions::open_session(session: &Session, event: &AuditEvent) -> ();
    /// Finds a session by id.
    queries::sessions::find_session(id: SessionId) -> Option<Session>;
    /// Whether the device has signed in to this account before.
    queries::sessions::device_is_known(user: UserId, device: &[u8]) -> bool;

    /// Writes down what happened.
    queries::audit::record(event: &AuditEvent) -> ();

    /// Every signing key, oldest first.
    queries::keys::signing_keys() -> Vec<SigningKey>;
    /// Makes `key` the active one, unless there is one already; returns the one that is.
    queries::keys::ensure_active_key(key: &SigningKey) -> SigningKey;
}
