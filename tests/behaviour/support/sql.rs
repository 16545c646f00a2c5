//! Direct access to the database, past the gateway.

use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{QueryableByName, sql_query};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use menjin::db::{Backend, backend_of};

/// A connection of the test.
#[expect(clippy::large_enum_variant, reason = "there is one of it in a test")]
pub enum Sql {
    Pg(AsyncPgConnection),
    Sqlite(SyncConnectionWrapper<SqliteConnection>),
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    value: String,
}

impl Sql {
    pub async fn connect(url: &str) -> Self {
        match backend_of(url).expect("a database address") {
            (Backend::Postgres, url) => {
                Self::Pg(AsyncPgConnection::establish(url).await.expect("PostgreSQL"))
            }
            (Backend::Sqlite, path) => {
                let mut conn = SyncConnectionWrapper::establish(path).await.expect("SQLite");
                conn.batch_execute("PRAGMA busy_timeout = 5000").await.expect("a pragma");
                Self::Sqlite(conn)
            }
        }
    }

    /// Runs statements that return no rows.
    pub async fn run(&mut self, statements: &str) {
        match self {
            Self::Pg(conn) => conn.batch_execute(statements).await,
            Self::Sqlite(conn) => conn.batch_execute(statements).await,
        }
        .expect("the statements run");
    }

    /// Returns the column `value` of a query, which must be text.
    pub async fn texts(&mut self, query: &str) -> Vec<String> {
        let found: Vec<Word> = match self {
            Self::Pg(conn) => sql_query(query).load(conn).await,
            Self::Sqlite(conn) => sql_query(query).load(conn).await,
        }
        .expect("the query runs");
        found.into_iter().map(|row| row.value).collect()
    }

    /// Returns the number of rows of `rest`: a table, and perhaps a condition.
    pub async fn count(&mut self, rest: &str) -> i64 {
        let query = sql_query(format!("SELECT count(*) AS n FROM {rest}"));
        let counted: Count = match self {
            Self::Pg(conn) => query.get_result(conn).await,
            Self::Sqlite(conn) => query.get_result(conn).await,
        }
        .expect("the rows can be counted");
        counted.n
    }
}

/// Creates an empty database. Nobody can be connected to `template0`, so that tests do not wait for each other.
pub async fn create_database(server: &str, name: &str) {
    Sql::connect(server).await.run(&format!("CREATE DATABASE {name} TEMPLATE template0")).await;
}

/// Drops a database, even if there are connections to it.
pub async fn drop_database(server: &str, name: &str) {
    Sql::connect(server).await.run(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
}
