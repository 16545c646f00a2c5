//! Errors of PostgreSQL, classified by SQLSTATE (PostgreSQL documentation, appendix A). Texts are never compared: a server can
//! write them in any language.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};
use tokio_postgres::error::{DbError, SqlState};

/// What the server reported.
struct Report(DbError);

impl DatabaseErrorInformation for Report {
    fn message(&self) -> &str {
        self.0.message()
    }

    fn details(&self) -> Option<&str> {
        self.0.detail()
    }

    fn hint(&self) -> Option<&str> {
        self.0.hint()
    }

    fn table_name(&self) -> Option<&str> {
        self.0.table()
    }

    fn column_name(&self) -> Option<&str> {
        self.0.column()
    }

    fn constraint_name(&self) -> Option<&str> {
        self.0.constraint()
    }

    fn statement_position(&self) -> Option<i32> {
        None
    }
}

/// Translates an error. `ClosedConnection` stands for everything that another attempt, now or later, may not meet again: the
/// server is unreachable, starting, stopping, full or read-only, or it cancelled the statement.
pub fn translate(error: &tokio_postgres::Error) -> Error {
    let Some(report) = error.as_db_error() else {
        // Without a report the server did not respond, or not to this statement.
        return Error::DatabaseError(
            DatabaseErrorKind::ClosedConnection,
            Box::new(super::dial::describe(error)),
        );
    };
    let code = report.code();
    let kind = if *code == SqlState::UNIQUE_VIOLATION {
        DatabaseErrorKind::UniqueViolation
    } else if *code == SqlState::FOREIGN_KEY_VIOLATION {
        DatabaseErrorKind::ForeignKeyViolation
    } else if *code == SqlState::NOT_NULL_VIOLATION {
        DatabaseErrorKind::NotNullViolation
    } else if *code == SqlState::CHECK_VIOLATION {
        DatabaseErrorKind::CheckViolation
    } else if is_unavailable(code.code()) {
        DatabaseErrorKind::ClosedConnection
    } else {
        DatabaseErrorKind::Unknown
    };
    Error::DatabaseError(kind, Box::new(Report(report.clone())))
}

/// Returns whether a code says that the server cannot do its work now, whatever the statement is.
fn is_unavailable(code: &str) -> bool {
    match code.get(..2) {
        // connection exception; insufficient resources; system error
        Some("08" | "53" | "58") => true,
        _ => {
            stale_session(code)
                || matches!(
                    code,
                    "25006" // read-only: a standby, or a server that was demoted
                    | "25P03" | "25P04" // the transaction was idle or took too long
                    | "40001" | "40P01" // serialization failure, deadlock
                    | "55P03" // lock not available in time
                    | "57014" // cancelled, statement_timeout for example
                    | "57P01" | "57P02" | "57P03" | "57P04" | "57P05" // shutdown, crash, not yet ready, dropped, idle
                )
        }
    }
}

/// Returns whether a code says that the state of the session is not what the client believes. A new connection helps: another
/// gateway changed the table of a prepared statement, or a pooler gave the session to another client.
fn stale_session(code: &str) -> bool {
    // A cached plan must not change its result type; a statement of this name does not exist, or exists already.
    matches!(code, "0A000" | "26000" | "42P05")
}

/// Returns whether the connection must not be used again. After a switch of servers it would lead to the old one.
pub fn ends_connection(error: &tokio_postgres::Error) -> bool {
    let Some(code) = error.code() else { return true };
    let code = code.code();
    stale_session(code)
        || code == "25006"
        || matches!(code.get(..2), Some("08" | "58"))
        || code.starts_with("57P")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_servers_that_cannot_work_are_unavailable() {
        for code in [
            "08000", "08006", "25006", "40001", "40P01", "53100", "53200", "53300", "55P03", "57014",
            "57P01", "57P02", "57P03", "57P05", "58030", "0A000", "26000",
        ] {
            assert!(is_unavailable(code), "{code}");
        }
    }

    #[test]
    fn codes_of_faulty_statements_are_faults() {
        for code in ["22001", "23505", "42601", "42P01", "42501", "XX000", "P0001", ""] {
            assert!(!is_unavailable(code), "{code}");
        }
    }
}
