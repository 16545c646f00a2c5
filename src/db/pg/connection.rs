//! A connection to PostgreSQL for diesel-async, over tokio-postgres.
//!
//! diesel-async has one of its own. This one differs in two ways. It classifies errors by SQLSTATE, which diesel-async drops.
//! And it can send statements without a name, which a pooler that shares server sessions between clients (pgbouncer in
//! transaction mode) needs: named statements of two clients mix there, and a query can return the rows of another one.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::BytesMut;
use diesel::connection::{CacheSize, DynInstrumentation, Instrumentation};
use diesel::pg::{Pg, PgMetadataLookup, PgQueryBuilder, PgTypeMetadata, PgValue, TypeOidLookup};
use diesel::query_builder::bind_collector::RawBytesBindCollector;
use diesel::query_builder::{AsQuery, QueryBuilder as _, QueryFragment, QueryId};
use diesel::result::Error;
use diesel::row::{Field, PartialRow, RowIndex, RowSealed};
use diesel::{ConnectionError, ConnectionResult, QueryResult};
use diesel_async::pooled_connection::PoolableConnection;
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncConnectionCore, SimpleAsyncConnection,
    TransactionManager as _,
};
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use tokio_postgres::types::{FromSql, IsNull, Kind, ToSql, Type};
use tokio_postgres::{Client, RowStream, Statement};

use super::{dial, sqlstate};
use crate::db::error::DbError;

/// How many prepared statements a connection keeps. The crate has about 90 different ones; lists of values make more.
const MAX_STATEMENTS: usize = 256;

/// A connection to PostgreSQL.
pub struct Conn {
    client: Client,
    transactions: AnsiTransactionManager,
    instrumentation: DynInstrumentation,
    /// Prepared statements by their text; `None` if statements have no name.
    statements: Option<HashMap<String, Statement>>,
    /// Set if the pool must not use the connection again.
    unusable: Arc<AtomicBool>,
}

impl Conn {
    /// Opens a connection. With `named_statements`, each statement is prepared once, which halves the time of a query; behind a
    /// pooler that shares sessions it must be false.
    pub async fn connect(url: &str, named_statements: bool) -> Result<Self, DbError> {
        Ok(Self {
            client: dial::client(url).await?,
            transactions: AnsiTransactionManager::default(),
            instrumentation: DynInstrumentation::none(),
            statements: named_statements.then(HashMap::new),
            unusable: Arc::default(),
        })
    }

    /// Keeps the connection out of the pool: its other end may have vanished without closing it, and the system would go
    /// on sending to it for 15 minutes.
    pub fn abandon(&mut self) {
        self.unusable.store(true, Ordering::Relaxed);
    }

    async fn rows(
        &mut self,
        sql: String,
        binds: Vec<(Bind, Type)>,
    ) -> Result<RowStream, tokio_postgres::Error> {
        let Some(statements) = &mut self.statements else {
            return self.client.query_typed_raw(&sql, binds).await;
        };
        let (values, types): (Vec<_>, Vec<_>) = binds.into_iter().unzip();
        let statement = if let Some(statement) = statements.get(&sql) {
            statement.clone()
        } else {
            let statement = self.client.prepare_typed(&sql, &types).await?;
            if statements.len() < MAX_STATEMENTS {
                statements.insert(sql, statement.clone());
            }
            statement
        };
        self.client.query_raw(&statement, values).await
    }
}

/// Translates an error, and notes when it says that the connection is of no more use.
fn translate(unusable: &AtomicBool, error: &tokio_postgres::Error) -> Error {
    if sqlstate::ends_connection(error) {
        unusable.store(true, Ordering::Relaxed);
    }
    sqlstate::translate(error)
}

/// An encoded parameter; `None` is NULL.
#[derive(Debug)]
struct Bind(Option<Vec<u8>>);

type EncodeError = Box<dyn std::error::Error + Sync + Send>;

impl ToSql for Bind {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, EncodeError> {
        match &self.0 {
            Some(bytes) => {
                out.extend_from_slice(bytes);
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, EncodeError> {
        self.to_sql(ty, out)
    }
}

/// The bytes of a value, as the server sent them.
struct RawValue<'a>(Option<&'a [u8]>);

impl<'a> FromSql<'a> for RawValue<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, EncodeError> {
        Ok(Self(Some(raw)))
    }

    fn from_sql_null(_: &Type) -> Result<Self, EncodeError> {
        Ok(Self(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The number of a type.
struct TypeNumber(NonZeroU32);

impl TypeOidLookup for TypeNumber {
    fn lookup(&self) -> NonZeroU32 {
        self.0
    }
}

/// A row of a result.
pub struct Row {
    row: tokio_postgres::Row,
    types: Vec<TypeNumber>,
}

impl Row {
    fn new(row: tokio_postgres::Row) -> Self {
        let number = |column: &tokio_postgres::Column| {
            TypeNumber(NonZeroU32::new(column.type_().oid()).unwrap_or(NonZeroU32::MIN))
        };
        let types = row.columns().iter().map(number).collect();
        Self { row, types }
    }
}

impl RowSealed for Row {}

impl<'a> diesel::row::Row<'a, Pg> for Row {
    type InnerPartialRow = Self;
    type Field<'b>
        = Cell<'b>
    where
        Self: 'b,
        'a: 'b;

    fn field_count(&self) -> usize {
        self.row.len()
    }

    fn get<'b, I>(&'b self, index: I) -> Option<Cell<'b>>
    where
        'a: 'b,
        Self: RowIndex<I>,
    {
        Some(Cell { row: self, column: self.idx(index)? })
    }

    fn partial_row(&self, range: Range<usize>) -> PartialRow<'_, Self> {
        PartialRow::new(self, range)
    }
}

impl RowIndex<usize> for Row {
    fn idx(&self, index: usize) -> Option<usize> {
        (index < self.row.len()).then_some(index)
    }
}

impl<'a> RowIndex<&'a str> for Row {
    fn idx(&self, name: &'a str) -> Option<usize> {
        self.row.columns().iter().position(|column| column.name() == name)
    }
}

/// One value of a row.
pub struct Cell<'a> {
    row: &'a Row,
    column: usize,
}

impl<'a> Field<'a, Pg> for Cell<'a> {
    fn field_name(&self) -> Option<&str> {
        self.row.row.columns().get(self.column).map(tokio_postgres::Column::name)
    }

    fn value(&self) -> Option<PgValue<'_>> {
        let RawValue(bytes) = self.row.row.get(self.column);
        bytes.map(|bytes| PgValue::new(bytes, &self.row.types[self.column]))
    }
}

/// All types of the schema have numbers. The number 0 makes the server infer the type.
struct NoLookup;

impl PgMetadataLookup for NoLookup {
    fn lookup_type(&mut self, _name: &str, _schema: Option<&str>) -> PgTypeMetadata {
        PgTypeMetadata::new(0, 0)
    }
}

type Built = QueryResult<(String, Vec<(Bind, Type)>)>;

/// Returns the text of a query and its parameters.
fn build<T: QueryFragment<Pg>>(query: &T) -> Built {
    let mut builder = PgQueryBuilder::default();
    query.to_sql(&mut builder, &Pg)?;
    let mut collector = RawBytesBindCollector::<Pg>::new();
    query.collect_binds(&mut collector, &mut NoLookup, &Pg)?;
    let typed = |(metadata, value): (PgTypeMetadata, Option<Vec<u8>>)| {
        let oid = metadata.oid().map_err(|error| Error::SerializationError(Box::new(error)))?;
        let by_number = || Type::new(String::new(), oid, Kind::Simple, String::new());
        Ok((Bind(value), Type::from_oid(oid).unwrap_or_else(by_number)))
    };
    let binds = collector.metadata.into_iter().zip(collector.binds).map(typed).collect::<QueryResult<_>>()?;
    Ok((builder.finish(), binds))
}

impl SimpleAsyncConnection for Conn {
    async fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        self.client.batch_execute(query).await.map_err(|error| translate(&self.unusable, &error))
    }
}

impl AsyncConnectionCore for Conn {
    type ExecuteFuture<'conn, 'query> = BoxFuture<'conn, QueryResult<usize>>;
    type LoadFuture<'conn, 'query> = BoxFuture<'conn, QueryResult<Self::Stream<'conn, 'query>>>;
    type Stream<'conn, 'query> = BoxStream<'static, QueryResult<Row>>;
    type Row<'conn, 'query> = Row;
    type Backend = Pg;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> Self::LoadFuture<'conn, 'query>
    where
        T: AsQuery + 'query,
        T::Query: QueryFragment<Pg> + QueryId + 'query,
    {
        let built = build(&source.as_query());
        async move {
            let (sql, binds) = built?;
            let unusable = Arc::clone(&self.unusable);
            let rows = self.rows(sql, binds).await.map_err(|error| translate(&unusable, &error))?;
            Ok(rows.map_err(move |error| translate(&unusable, &error)).map_ok(Row::new).boxed())
        }
        .boxed()
    }

    fn execute_returning_count<'conn, 'query, T>(
        &'conn mut self,
        source: T,
    ) -> Self::ExecuteFuture<'conn, 'query>
    where
        T: QueryFragment<Pg> + QueryId + 'query,
    {
        let built = build(&source);
        async move {
            let (sql, binds) = built?;
            let unusable = Arc::clone(&self.unusable);
            let failed = |error| translate(&unusable, &error);
            let mut rows = Box::pin(self.rows(sql, binds).await.map_err(failed)?);
            while rows.try_next().await.map_err(failed)?.is_some() {}
            Ok(usize::try_from(rows.rows_affected().unwrap_or(0)).unwrap_or(usize::MAX))
        }
        .boxed()
    }
}

impl AsyncConnection for Conn {
    type TransactionManager = AnsiTransactionManager;

    async fn establish(url: &str) -> ConnectionResult<Self> {
        Self::connect(url, true).await.map_err(|error| ConnectionError::BadConnection(error.to_string()))
    }

    fn transaction_state(&mut self) -> &mut AnsiTransactionManager {
        &mut self.transactions
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        &mut *self.instrumentation
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        self.instrumentation = instrumentation.into();
    }

    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        self.statements = matches!(size, CacheSize::Unbounded).then(HashMap::new);
    }
}

impl PoolableConnection for Conn {
    fn is_broken(&mut self) -> bool {
        AnsiTransactionManager::is_broken_transaction_manager(self)
            || self.client.is_closed()
            || self.unusable.load(Ordering::Relaxed)
    }
}
