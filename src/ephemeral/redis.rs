//! The store of gateways that share a Redis server.
//!
//! Redis deletes keys by its own clock. Keys stay one hour longer than needed by the caller's clock, so that a slow
//! clock, or a manual one in a test, loses nothing.

use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bb8_redis::RedisConnectionManager;
use bb8_redis::bb8::{CustomizeConnection, Pool, RunError};
use redis::aio::MultiplexedConnection;
use redis::{FromRedisValue, RedisError, Script, ScriptInvocation};
use tokio::time::timeout;

use super::code::{Attempts, NewCode, REMEMBERED, Redeemed};
use super::error::EphemeralError;
use super::limit::{Charge, Charged, Return, Rule};
use super::time::instant;
use crate::config::ephemeral::RedisSettings;
use crate::core::clock::Instant;
use crate::core::outage::Outage;
use crate::core::secret::ExposeSecret as _;

/// The timeout of the first connection, at the start of the program.
const START: Duration = Duration::from_secs(3);
/// How long a key stays after it is no longer needed, in milliseconds.
const SPARE: i64 = 3_600_000;

/// A store in Redis. Clones share the pool.
#[derive(Clone)]
pub(super) struct Redis {
    pool: Pool<RedisConnectionManager>,
    scripts: Arc<Scripts>,
    /// The hash tag: all keys are in one slot of a Redis Cluster, so that a script can access several keys.
    tag: Arc<str>,
    /// The deadline of a whole operation.
    deadline: Duration,
    outage: Outage,
}

struct Scripts {
    issue: Script,
    redeem: Script,
    restore: Script,
    withdraw: Script,
    put_record: Script,
    peek_record: Script,
    take_record: Script,
    charge: Script,
    give_back: Script,
}

impl Redis {
    /// Tests one connection, then builds the pool. The pool itself would hide why connections fail.
    pub(super) async fn connect(settings: &RedisSettings) -> Result<Self, EphemeralError> {
        let start = |error: RedisError| EphemeralError::Start(error.to_string());
        let client = redis::Client::open(settings.url.expose_secret()).map_err(start)?;
        let proof = async {
            let mut connection = client.get_multiplexed_async_connection().await?;
            redis::cmd("PING").exec_async(&mut connection).await
        };
        match timeout(START, proof).await {
            Ok(proven) => proven.map_err(start)?,
            Err(_) => return Err(EphemeralError::Start("no response within 3 seconds".into())),
        }
        Self::open(settings)
    }

    fn open(settings: &RedisSettings) -> Result<Self, EphemeralError> {
        let manager = RedisConnectionManager::new(settings.url.expose_secret())
            .map_err(|error| EphemeralError::Start(error.to_string()))?;
        let pool = Pool::builder()
            .max_size(settings.pool_size)
            // The time to get a connection from the pool, including its PING and, if needed, the connection attempt.
            .connection_timeout(settings.deadline * 4 / 7)
            .test_on_check_out(true)
            // Must be shorter, or a connection that was silently dropped would return to the pool before its PING has
            // failed, and never be replaced.
            .connection_customizer(Box::new(Patience(settings.deadline * 5 / 14)))
            .build_unchecked(manager);
        let scripts = Scripts {
            issue: Script::new(include_str!("scripts/issue.lua")),
            redeem: Script::new(include_str!("scripts/redeem.lua")),
            restore: Script::new(include_str!("scripts/restore.lua")),
            withdraw: Script::new(include_str!("scripts/withdraw.lua")),
            put_record: Script::new(include_str!("scripts/put_record.lua")),
            peek_record: Script::new(include_str!("scripts/peek_record.lua")),
            take_record: Script::new(include_str!("scripts/take_record.lua")),
            charge: Script::new(include_str!("scripts/charge.lua")),
            give_back: Script::new(include_str!("scripts/give_back.lua")),
        };
        Ok(Self {
            pool,
            scripts: Arc::new(scripts),
            tag: format!("{{{}}}:", settings.prefix).into(),
            deadline: settings.deadline,
            outage: Outage::new("Redis"),
        })
    }

    pub(super) async fn ping(&self) -> Result<(), EphemeralError> {
        // The pool pings each connection before it returns it.
        self.within(async { self.pool.get().await.map(drop).map_err(no_connection) }).await
    }

    pub(super) async fn issue(&self, slot: &str, code: &NewCode, now: i64) -> Result<(), EphemeralError> {
        let mut call = self.scripts.issue.prepare_invoke();
        call.key(self.key(slot))
            .arg(now)
            .arg(&code.id)
            .arg(&code.digest)
            .arg(code.expires)
            .arg(REMEMBERED)
            .arg(SPARE);
        self.run(&call).await
    }

    pub(super) async fn redeem(
        &self,
        slot: &str,
        digest: &str,
        attempts: Attempts,
        now: i64,
    ) -> Result<Redeemed, EphemeralError> {
        let mut call = self.scripts.redeem.prepare_invoke();
        call.key(self.key(slot))
            .arg(now)
            .arg(digest)
            .arg(attempts.max)
            .arg(attempts.window)
            .arg(REMEMBERED)
            .arg(SPARE);
        let (outcome, left, id): (String, i64, String) = self.run(&call).await?;
        match outcome.as_str() {
            "valid" => Ok(Redeemed::Valid { id }),
            "wrong" => Ok(Redeemed::Wrong { left }),
            "expired" => Ok(Redeemed::Expired { left }),
            "used_up" => Ok(Redeemed::UsedUp { left }),
            "locked" => Ok(Redeemed::Locked { until: left }),
            _ => Err(EphemeralError::Unavailable("unexpected response".into())),
        }
    }

    pub(super) async fn restore(&self, slot: &str, id: &str) -> Result<(), EphemeralError> {
        self.run(self.scripts.restore.prepare_invoke().key(self.key(slot)).arg(id)).await
    }

    pub(super) async fn withdraw(&self, slot: &str, id: Option<&str>) -> Result<(), EphemeralError> {
        let id = id.unwrap_or_default();
        self.run(self.scripts.withdraw.prepare_invoke().key(self.key(slot)).arg(id)).await
    }

    pub(super) async fn put_record(
        &self,
        key: &str,
        record: &str,
        expires: i64,
        now: i64,
    ) -> Result<(), EphemeralError> {
        let mut call = self.scripts.put_record.prepare_invoke();
        call.key(self.key(key)).arg(now).arg(record).arg(expires).arg(SPARE);
        self.run(&call).await
    }

    pub(super) async fn peek_record(&self, key: &str, now: i64) -> Result<Option<String>, EphemeralError> {
        self.run(self.scripts.peek_record.prepare_invoke().key(self.key(key)).arg(now)).await
    }

    pub(super) async fn take_record(&self, key: &str, now: i64) -> Result<Option<String>, EphemeralError> {
        self.run(self.scripts.take_record.prepare_invoke().key(self.key(key)).arg(now)).await
    }

    pub(super) async fn charge(&self, charges: &[Charge], now: Instant) -> Result<Charged, EphemeralError> {
        let mut call = self.scripts.charge.prepare_invoke();
        call.arg(now.timestamp_micros()).arg(SPARE);
        for charge in charges {
            call.key(self.key(&charge.key));
            rule(&mut call, charge.rule);
        }
        let (place, at): (usize, i64) = self.run(&call).await?;
        Ok(match place.checked_sub(1) {
            None => Charged::Taken { next_at: instant(at) },
            Some(index) => Charged::Refused { index, retry_at: instant(at) },
        })
    }

    pub(super) async fn give_back(&self, returns: &[Return], now: Instant) -> Result<(), EphemeralError> {
        let mut call = self.scripts.give_back.prepare_invoke();
        call.arg(now.timestamp_micros());
        for returned in returns {
            match returned {
                Return::Refund { charge, at } => {
                    call.key(self.key(&charge.key)).arg(at.timestamp_micros());
                    rule(&mut call, charge.rule);
                }
                Return::Clear { key } => {
                    call.key(self.key(key)).arg(0);
                    numbers(&mut call, "clear", [0; 4]);
                }
            }
        }
        self.run(&call).await
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.tag)
    }

    /// Applies the deadline to an operation and records whether Redis responded.
    async fn within<T>(
        &self,
        operation: impl Future<Output = Result<T, EphemeralError>>,
    ) -> Result<T, EphemeralError> {
        let late = |_| Err(EphemeralError::Unavailable("Redis did not respond in time".into()));
        let outcome = timeout(self.deadline, operation).await.unwrap_or_else(late);
        match &outcome {
            Ok(_) => self.outage.recovered(),
            Err(error) => self.outage.unavailable(error),
        }
        outcome
    }

    async fn run<T: FromRedisValue>(&self, call: &ScriptInvocation<'_>) -> Result<T, EphemeralError> {
        self.within(async {
            let mut connection = self.pool.get().await.map_err(no_connection)?;
            call.invoke_async(&mut *connection).await.map_err(|error| unavailable(&error))
        })
        .await
    }
}

fn rule(call: &mut ScriptInvocation<'_>, rule: Rule) {
    match rule {
        Rule::Rate { interval, burst } => numbers(call, "rate", [interval, burst, 0, 0]),
        Rule::Budget { window, max, amount } => numbers(call, "budget", [window, max, amount, 0]),
        Rule::Backoff { free, first, longest, forget } => {
            numbers(call, "backoff", [free, first, longest, forget]);
        }
    }
}

/// Adds the numbers of a limit in the order that the scripts expect.
fn numbers(call: &mut ScriptInvocation<'_>, kind: &str, numbers: [i64; 4]) {
    call.arg(kind);
    for number in numbers {
        call.arg(number);
    }
}

fn no_connection(error: RunError<RedisError>) -> EphemeralError {
    match error {
        RunError::User(error) => unavailable(&error),
        RunError::TimedOut => EphemeralError::Unavailable("no Redis connection was available in time".into()),
    }
}

fn unavailable(error: &RedisError) -> EphemeralError {
    EphemeralError::Unavailable(error.to_string())
}

/// Sets the response timeout of new connections.
#[derive(Debug)]
struct Patience(Duration);

impl CustomizeConnection<MultiplexedConnection, RedisError> for Patience {
    fn on_acquire<'a>(
        &'a self,
        connection: &'a mut MultiplexedConnection,
    ) -> Pin<Box<dyn Future<Output = Result<(), RedisError>> + Send + 'a>> {
        connection.set_response_timeout(self.0);
        Box::pin(ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    fn settings(port: u16) -> RedisSettings {
        RedisSettings {
            url: format!("redis://127.0.0.1:{port}").into(),
            pool_size: 2,
            deadline: Duration::from_millis(700),
            prefix: "test".into(),
        }
    }

    async fn fails_within_a_second(redis: &Redis) {
        let charge = Charge { key: "k".into(), rule: Rule::Rate { interval: 1, burst: 1 } };
        for _ in 0..2 {
            let answer = timeout(
                Duration::from_secs(1),
                redis.charge(std::slice::from_ref(&charge), Instant::UNIX_EPOCH),
            );
            let error = answer.await.expect("within a second").unwrap_err();
            assert!(matches!(error, EphemeralError::Unavailable(_)), "{error}");
        }
        let ping = timeout(Duration::from_secs(1), redis.ping()).await.expect("within a second");
        assert!(matches!(ping, Err(EphemeralError::Unavailable(_))));
    }

    #[tokio::test]
    async fn a_dead_server_is_unavailable_within_a_second() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        fails_within_a_second(&Redis::open(&settings(port)).unwrap()).await;
        let error = Redis::connect(&settings(port)).await.err().expect("nobody listens");
        assert!(error.to_string().contains("refused"), "the system's error text: {error}");
    }

    #[tokio::test]
    async fn a_server_that_never_answers_is_unavailable_within_a_second() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let redis = Redis::open(&settings(listener.local_addr().unwrap().port())).unwrap();
        let silent = tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                open.push(stream);
            }
        });
        fails_within_a_second(&redis).await;
        silent.abort();
    }
}
