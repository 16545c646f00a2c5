//! `src/db/schema.rs` matches the migrations: on both databases each table has these columns, of these types, and no
//! others.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::query_source::Column as Named;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use menjin::core::ids::UserId;
use menjin::db::models::NewUser;
use menjin::db::schema;
use menjin::db::types::{Ts, Uid};
use menjin::outcome::Refusal;
use rstest_reuse::apply;

use crate::support::sql::Sql;
use crate::support::{Backend, World, both_backends};

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
}

fn uid(n: u8) -> Uid {
    Uid(uuid::Uuid::from_bytes([n; 16]))
}

fn ts(micros: i64) -> Ts {
    Ts(DateTime::<Utc>::from_timestamp_micros(1_772_000_000_123_456 + micros).expect("a timestamp"))
}

fn text(value: &str) -> String {
    value.to_owned()
}

async fn columns(sql: &mut Sql, table: &str) -> Vec<String> {
    let found: Vec<Column> = match sql {
        Sql::Pg(conn) => {
            let query = format!(
                "SELECT column_name::text AS name FROM information_schema.columns WHERE table_name = '{table}' \
                 AND table_schema = current_schema() "
            );
            diesel::sql_query(query).load(conn).await
        }
        Sql::Sqlite(conn) => diesel::sql_query(format!("SELECT name FROM pragma_table_info('{table}')")).load(conn).await,
    }
    .expect("the catalogue can be read");
    // Sorted by name: on SQLite, a column that was added later is in another position.
    sorted(found.into_iter().map(|column| column.name).collect())
}

fn sorted<T: Ord>(mut names: Vec<T>) -> Vec<T> {
    names.sort();
    names
}

/// Writes a row with every column set, reads every column back, and compares the names with the database catalogue.
macro_rules! round_trip {
    ($sql:expr, $table:ident { $($column:ident: $type:ty = $value:expr),+ $(,)? }) => {{
        let names: Vec<&str> = vec![$(<schema::$table::$column as Named>::NAME),+];
        assert_eq!(columns($sql, stringify!($table)).await, sorted(names), "{}", stringify!($table));
        let row = ($(schema::$table::$column.eq($value),)+);
        let query = schema::$table::table.select(($(schema::$table::$column,)+));
        let read: ($($type,)+) = match $sql {
            Sql::Pg(conn) => {
                diesel::insert_into(schema::$table::table).values(row).execute(conn).await.expect("a row");
                query.first(conn).await.expect("the row")
            }
            Sql::Sqlite(conn) => {
                diesel::insert_into(schema::$table::table).values(row).execute(conn).await.expect("a row");
                query.first(conn).await.expect("the row")
            }
        };
        let ($($column,)+) = read;
        $({
            let expected: $type = $value;
            assert!($column == expected, "{}.{}", stringify!($table), stringify!($column));
        })+
    }};
}

#[apply(both_backends)]
async fn every_column_can_be_written_and_read(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let mut sql = world.sql().await;
    let sql = &mut sql;
    sql.run("DELETE FROM signing_keys").await;
    round_trip!(sql, users {
        id: Uid = uid(1),
        username: String = text("LiLei"),
        username_key: String = text("lilei"),
        nickname: String = text("李雷"),
        nickname_key: String = text("李雷"),
        avatar_url: Option<String> = Some(text("https://example.com/a.png")),
        mobile: Option<String> = Some(text("+8613800138000")),
        email: Option<String> = Some(text("Li@example.com")),
        email_key: Option<String> = Some(text("li@example.com")),
        password_hash: Option<String> = Some(text("hash")),
        roles: String = text("[]"),
        status: String = text("active"),
        terms_version: Option<String> = Some(text("1")),
        created_at: Ts = ts(1),
        updated_at: Ts = ts(2),
        // In the distant future: the running gateway purges accounts that are due.
        delete_at: Option<Ts> = Some(ts(100_000_000_000_000)),
    });
    round_trip!(sql, reset_links {
        digest: Vec<u8> = vec![8, 0, 255],
        user_id: Option<Uid> = Some(uid(1)),
        expires_at: Ts = ts(17),
        used_at: Option<Ts> = Some(ts(18)),
        created_at: Ts = ts(19),
    });
    round_trip!(
        sql,
        sms_counters {
            bucket: Ts = ts(20),
            scope: String = text("total"),
            messages: i64 = 3_000_000_000,
            money: i64 = 4,
            used: i64 = 5,
        }
    );
    round_trip!(sql, sessions {
        id: Uid = uid(2),
        user_id: Uid = uid(1),
        method: String = text("password"),
        remember: bool = true,
        device_digest: Option<Vec<u8>> = Some(vec![0, 255, 7]),
        user_agent: Option<String> = Some(text("agent")),
        address: Option<String> = Some(text("::1")),
        created_at: Ts = ts(3),
        last_used_at: Ts = ts(4),
        idle_expires_at: Ts = ts(5),
        expires_at: Ts = ts(6),
        revoked_at: Option<Ts> = Some(ts(7)),
        refresh_salt: Option<Vec<u8>> = Some(vec![1, 0, 255]),
        refresh_generation: i32 = 7,
        end_reason: Option<String> = Some(text("logout")),
    });
    round_trip!(sql, messages {
        id: Uid = uid(3),
        channel: String = text("sms"),
        kind: String = text("code"),
        language: String = text("zh-CN"),
        destination: Vec<u8> = vec![0, 1, 254],
        masked: String = text("+86 138****8000"),
        payload: Vec<u8> = vec![9, 0],
        status: String = text("sent"),
        attempts: i32 = 2,
        next_attempt_at: Ts = ts(8),
        lease: Option<Uid> = Some(uid(4)),
        leased_until: Option<Ts> = Some(ts(9)),
        expires_at: Ts = ts(10),
        provider: Option<String> = Some(text("inbox")),
        provider_ref: Option<String> = Some(text("ref")),
        last_error: Option<String> = Some(text("error")),
        created_at: Ts = ts(11),
        updated_at: Ts = ts(12),
        sending: Option<String> = Some(text("aliyun")),
        sending_at: Option<Ts> = Some(ts(30)),
        tried: Option<String> = Some(text("[]")),
    });
    round_trip!(sql, audit_events {
        id: Uid = uid(5),
        at: Ts = ts(13),
        kind: String = text("signed_in"),
        user_id: Option<Uid> = Some(uid(1)),
        session_id: Option<Uid> = Some(uid(2)),
        address: Option<String> = Some(text("127.0.0.1")),
        user_agent: Option<String> = Some(text("agent")),
        detail: String = text("{\"method\":\"password\"}"),
        publication: Option<String> = Some(text("{\"endpoints\":[\"crm\"]}")),
    });
    round_trip!(sql, webhook_deliveries {
        id: Uid = uid(9),
        event_id: Uid = uid(5),
        endpoint: String = text("crm"),
        event_type: String = text("user.signed_in"),
        body: String = text("{}"),
        status: String = text("queued"),
        attempts: i32 = 2,
        next_attempt_at: Ts = ts(40),
        lease: Option<Uid> = Some(uid(6)),
        leased_until: Option<Ts> = Some(ts(41)),
        last_error: Option<String> = Some(text("status 500")),
        created_at: Ts = ts(42),
        updated_at: Ts = ts(43),
    });
    round_trip!(sql, signing_keys {
        kid: String = text("kid"),
        algorithm: String = text("EdDSA"),
        state: String = text("active"),
        private_key: Vec<u8> = vec![1, 2, 3],
        public_jwk: String = text("{}"),
        created_at: Ts = ts(14),
        activates_at: Ts = ts(16),
        retires_at: Option<Ts> = Some(ts(17)),
    });
    round_trip!(sql, inbox {
        id: Uid = uid(6),
        message_id: Uid = uid(3),
        channel: String = text("email"),
        destination: String = text("li@example.com"),
        subject: Option<String> = Some(text("subject")),
        body: String = text("body"),
        html: Option<String> = Some(text("<p>")),
        code: Option<String> = Some(text("012345")),
        received_at: Ts = ts(15),
    });
}

#[apply(both_backends)]
async fn columns_of_identities_and_merges_can_be_written_and_read(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let mut sql = world.sql().await;
    let sql = &mut sql;
    let person = NewUser { id: UserId(uid(1).0), ..world.rows().user("lilei") };
    world.rows().add(person).await;
    round_trip!(sql, identities {
        id: Uid = uid(7),
        user_id: Uid = uid(1),
        provider: String = text("qq"),
        subject: String = text("openid"),
        union_id: Option<String> = Some(text("UID_1")),
        nickname: Option<String> = Some(text("雷")),
        avatar_url: Option<String> = Some(text("https://example.com/qq.png")),
        email: Option<String> = Some(text("li@example.com")),
        tokens: Option<Vec<u8>> = Some(vec![1, 0, 254]),
        linked_at: Ts = ts(20),
        last_used_at: Ts = ts(21),
    });
    round_trip!(sql, merges {
        id: Uid = uid(8),
        kept_user_id: Uid = uid(1),
        merged_user_id: Uid = uid(1),
        at: Ts = ts(22),
        undo_until: Ts = ts(23),
        undone_at: Option<Ts> = Some(ts(24)),
        record: Vec<u8> = vec![0, 3],
    });
}

#[apply(both_backends)]
async fn an_unknown_word_in_a_column_is_an_error(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person("+8613800138000", "lilei").await;
    let user = UserId::parse(&person.id).expect("an id");
    let mut sql = world.sql().await;
    sql.run("UPDATE sessions SET method = 'fax'").await;
    let sessions = world.db().all_sessions(user).await;
    assert!(matches!(sessions, Err(Refusal::Internal(_))));
    sql.run("UPDATE users SET roles = 'admin'").await;
    assert!(matches!(world.db().find_user(user).await, Err(Refusal::Internal(_))));
}

#[apply(both_backends)]
async fn no_table_is_missing_from_the_schema(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let mut sql = world.sql().await;
    let found: Vec<Column> = match &mut sql {
        Sql::Pg(conn) => {
            diesel::sql_query(
                "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = current_schema()",
            )
            .load(conn)
            .await
        }
        Sql::Sqlite(conn) => {
            diesel::sql_query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
                .load(conn)
                .await
        }
    }
    .expect("the catalogue can be read");
    let mut names: Vec<_> = found.into_iter().map(|table| table.name).collect();
    names.retain(|name| !name.starts_with("__diesel"));
    names.sort();
    assert_eq!(
        names,
        [
            "audit_events",
            "identities",
            "inbox",
            "merges",
            "messages",
            "reset_links",
            "sessions",
            "signing_keys",
            "sms_counters",
            "users",
            "webhook_deliveries"
        ]
    );
}

#[apply(both_backends)]
async fn migrations_are_applied_once(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let again = menjin::db::migrate(&world.stores.database_url).await.expect("the migrations succeed");
    assert!(again.is_empty(), "{again:?}");
}
