//! What can go wrong in the durable store, in words that callers can act on.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};

use super::changes::Stale;
use crate::outcome::Refusal;

/// A value that had to be unique and was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    Username,
    Nickname,
    Mobile,
    Email,
    /// The identity is linked to an account, by its subject or its union id.
    IdentityLinked,
    /// The account is linked to another identity at the provider.
    ProviderLinked,
    /// A value that users do not choose.
    Other,
}

/// A query that failed. Its text is for the log: it may name tables, never values.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A unique constraint refused the row.
    #[error("{0:?} is taken")]
    Taken(Taken),
    /// The database cannot be reached, or did not answer in time.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// Any other error.
    #[error("database error: {0}")]
    Internal(String),
}

/// PostgreSQL names the constraint; SQLite says `UNIQUE constraint failed: users.email_key`.
fn taken(info: &dyn DatabaseErrorInformation) -> Taken {
    let named = |constraint: &str, column: &str| {
        info.constraint_name().map_or_else(|| info.message().ends_with(column), |name| name == constraint)
    };
    if named("users_username_key_key", "users.username_key") {
        Taken::Username
    } else if named("users_nickname_key_key", "users.nickname_key") {
        Taken::Nickname
    } else if named("users_mobile_key", "users.mobile") {
        Taken::Mobile
    } else if named("users_email_key_key", "users.email_key") {
        Taken::Email
    } else if named("identities_provider_subject_key", "identities.subject")
        || named("identities_provider_union_id_key", "identities.union_id")
    {
        Taken::IdentityLinked
    } else if named("identities_user_id_provider_key", "identities.provider") {
        Taken::ProviderLinked
    } else {
        Taken::Other
    }
}

impl From<Error> for DbError {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "diesel may add variants; all others are internal errors"
    )]
    fn from(error: Error) -> Self {
        match error {
            Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => Self::Taken(taken(&*info)),
            Error::DatabaseError(
                DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
                info,
            ) => Self::Unavailable(info.message().to_owned()),
            // SQLite reports no codes; its text for SQLITE_BUSY and SQLITE_LOCKED is constant.
            Error::DatabaseError(DatabaseErrorKind::Unknown, info) if sqlite_is_busy(info.message()) => {
                Self::Unavailable(info.message().to_owned())
            }
            // The message of PostgreSQL names columns and types; the values are in its `detail`, which is dropped.
            Error::DatabaseError(kind, info) => Self::Internal(format!("{kind:?}: {}", info.message())),
            Error::BrokenTransactionManager => {
                Self::Unavailable("the connection broke in a transaction".into())
            }
            other => Self::Internal(other.to_string()),
        }
    }
}

/// Returns whether SQLite could not get a lock, could not write or could not read in time. diesel drops SQLite's result code and
/// keeps only the text, which `sqlite3_errstr` takes from a table of constants: it is the same in every language.
fn sqlite_is_busy(message: &str) -> bool {
    matches!(
        message,
        "database is locked" // SQLITE_BUSY
            | "database table is locked" // SQLITE_LOCKED
            | "attempt to write a readonly database" // SQLITE_READONLY
            | "disk I/O error" // SQLITE_IOERR
            | "database or disk is full" // SQLITE_FULL
            | "unable to open database file" // SQLITE_CANTOPEN
            | "interrupted" // SQLITE_INTERRUPT
    )
}

impl From<diesel_async::pooled_connection::bb8::RunError> for DbError {
    fn from(error: diesel_async::pooled_connection::bb8::RunError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// Why a write that can violate a constraint, or whose authorization can be stale, was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// A value that must be unique is already in use.
    #[error("{0:?} is already in use")]
    Taken(Taken),
    /// Something changed since it was read.
    #[error("stale: {0:?}")]
    Stale(Stale),
    #[error(transparent)]
    Failed(#[from] Refusal),
}

impl WriteError {
    /// Turns a stale write into `None`, for callers that do not care what changed.
    pub fn stale_as_none<T>(written: Result<T, Self>) -> Result<Option<T>, Refusal> {
        match written {
            Ok(value) => Ok(Some(value)),
            Err(Self::Stale(_)) => Ok(None),
            Err(error @ (Self::Taken(_) | Self::Failed(_))) => Err(error.into()),
        }
    }
}

impl From<DbError> for WriteError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Taken(taken) => Self::Taken(taken),
            DbError::Unavailable(_) | DbError::Internal(_) => Self::Failed(error.into()),
        }
    }
}

impl From<Error> for WriteError {
    fn from(error: Error) -> Self {
        DbError::from(error).into()
    }
}

/// Errors that can say that the store is unavailable.
pub(super) trait StoreError: From<DbError> {
    /// Returns the reason when the store is unavailable.
    fn unavailable(&self) -> Option<&str>;
}

impl StoreError for Refusal {
    fn unavailable(&self) -> Option<&str> {
        match self {
            Self::Unavailable(reason) => Some(reason),
            Self::InvalidInput(_) | Self::RateLimited { .. } | Self::SessionEnded | Self::Internal(_) => None,
        }
    }
}

impl StoreError for WriteError {
    fn unavailable(&self) -> Option<&str> {
        match self {
            Self::Failed(refusal) => refusal.unavailable(),
            Self::Taken(_) | Self::Stale(_) => None,
        }
    }
}

/// For writes that cannot be stale and whose constraints no input can violate.
impl From<WriteError> for Refusal {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Failed(refusal) => refusal,
            WriteError::Taken(_) | WriteError::Stale(_) => Self::Internal(error.to_string()),
        }
    }
}

impl From<DbError> for Refusal {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Unavailable(_) => Self::Unavailable(error.to_string()),
            DbError::Taken(_) | DbError::Internal(_) => Self::Internal(error.to_string()),
        }
    }
}
