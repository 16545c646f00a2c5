//! The world of a test: one or more gateways on stores of their own, with a clock that the test controls.

use std::collections::HashSet;
use std::ops::Deref;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use menjin::accounts::administration::Administration;
use menjin::app::Gateway;
use menjin::audit::Audit;
use menjin::config::Config;
use menjin::config::reader::Source;
use menjin::core::clock::Clock;
use menjin::core::random::Random;
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use super::browser::Browser;
use super::cli::{self, Finished};
use super::logs;
use super::proxy::Proxy;
use super::sql::{self, Sql};

/// The kind of stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// SQLite and the in-process store.
    Embedded,
    /// PostgreSQL and Redis.
    Servers,
}

/// The stores of one test.
pub struct Stores {
    pub database_url: String,
    pub redis_url: Option<String>,
    folder: TempDir,
    /// The server and the name of the database to drop.
    fresh: Option<(String, String)>,
}

/// A gateway on stores that no other test uses, with a clock that the test controls.
pub struct World {
    pub clock: Clock,
    pub gateway: Running,
    pub stores: Stores,
    variables: Vec<(String, String)>,
    seen: Mutex<HashSet<String>>,
    addresses: AtomicU32,
}

/// Returns the time at which every test starts.
pub fn start() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-03-01T08:00:00Z").expect("a date").to_utc()
}

static READY: LazyLock<()> = LazyLock::new(|| {
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    logs::install();
});

/// Returns the URL of a test server, or `None` if the test is to be skipped.
pub fn server(variable: &str) -> Option<String> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let found = set(variable);
    if found.is_none() {
        let strict = set("CI").is_some_and(|value| value == "true")
            || set("MENJIN_TEST_STRICT").is_some_and(|value| value == "1");
        assert!(!strict, "{variable} is not set, and no test may be skipped here");
        eprintln!("skipped: {variable} is not set");
    }
    found
}

/// Returns a name that no other test uses.
pub fn unique() -> String {
    format!("{:016x}", u64::from_be_bytes(Random::system().bytes()))
}

/// A gateway that stops when its test ends, also when it fails.
pub struct Running(Option<Gateway>);

impl Deref for Running {
    type Target = Gateway;

    fn deref(&self) -> &Gateway {
        self.0.as_ref().expect("it runs until it is dropped")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(gateway) = self.0.take() {
            block_in_place(|| Handle::current().block_on(gateway.stop()));
        }
    }
}

/// Drops the database of the test. The temporary folder deletes itself, and keys in Redis expire.
impl Drop for Stores {
    fn drop(&mut self) {
        if let Some((server, name)) = self.fresh.take() {
            block_in_place(|| Handle::current().block_on(sql::drop_database(&server, &name)));
        }
    }
}

impl Stores {
    /// Creates stores; `None` if their servers are not configured.
    async fn make(backend: Backend) -> Option<Self> {
        LazyLock::force(&READY);
        let folder = TempDir::new().expect("a temporary folder");
        let stores = match backend {
            Backend::Embedded => {
                let database_url = format!("sqlite:{}", folder.path().join("menjin.sqlite").display());
                Self { database_url, redis_url: None, folder, fresh: None }
            }
            Backend::Servers => {
                let (server, redis) = (server("TEST_DATABASE_URL")?, server("TEST_REDIS_URL")?);
                let name = format!("menjin_test_{}", unique());
                sql::create_database(&server, &name).await;
                let mut url: url::Url = server.parse().expect("TEST_DATABASE_URL is an address");
                url.set_path(&name);
                Self { database_url: url.into(), redis_url: Some(redis), folder, fresh: Some((server, name)) }
            }
        };
        menjin::db::migrate(&stores.database_url).await.expect("the migrations can be applied");
        Some(stores)
    }
}

impl World {
    /// Starts a gateway on new stores; `None` if their servers are not configured, which skips the test.
    pub async fn start(backend: Backend) -> Option<Self> {
        Self::start_with(backend, &[]).await
    }

    /// Does the same with `settings` (environment variables) in addition to those of every test.
    pub async fn start_with(backend: Backend, settings: &[(&str, &str)]) -> Option<Self> {
        Some(Self::on(Stores::make(backend).await?, settings).await)
    }

    /// Starts a gateway that reaches its servers through two proxies: one for Redis and one for PostgreSQL.
    pub async fn start_behind_proxies(settings: &[(&str, &str)]) -> Option<(Self, Proxy, Proxy)> {
        let mut stores = Stores::make(Backend::Servers).await?;
        let (redis, redis_url) = Proxy::before(stores.redis_url.as_deref().unwrap_or_default(), 6379).await;
        let (database, database_url) = Proxy::before(&stores.database_url, 5432).await;
        (stores.redis_url, stores.database_url) = (Some(redis_url), database_url);
        let defaults = [("MENJIN_DATABASE_DEADLINE", "900ms"), ("MENJIN_REDIS_DEADLINE", "700ms")];
        Some((Self::on(stores, &[settings, &defaults].concat()).await, redis, database))
    }

    async fn on(stores: Stores, settings: &[(&str, &str)]) -> Self {
        let clock = Clock::manual(start());
        let folder = stores.folder.path().join("data").display().to_string();
        let mut variables = vec![
            ("MENJIN_HTTP_LISTEN", "127.0.0.1:0".to_owned()),
            ("MENJIN_HTTP_TRUSTED_PROXIES", "127.0.0.1/32".to_owned()),
            ("MENJIN_DATA_FOLDER", folder),
            ("MENJIN_SECRETS_MASTER_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned()),
            // The gateways of a test have different ports and accept each other's tokens.
            ("MENJIN_TOKENS_ISSUER", "http://127.0.0.1:8000".to_owned()),
            ("DATABASE_URL", stores.database_url.clone()),
            // Many tests share the machine: only the tests of unavailable stores use the default deadlines.
            ("MENJIN_DATABASE_DEADLINE", "8s".to_owned()),
            ("MENJIN_REDIS_DEADLINE", "8s".to_owned()),
        ];
        if let Some(redis) = &stores.redis_url {
            variables.push(("REDIS_URL", redis.clone()));
            variables.push(("MENJIN_REDIS_PREFIX", format!("test-{}", unique())));
        }
        variables.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let variables: Vec<_> = variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let gateway = gateway(&variables, &clock).await;
        Self { clock, gateway, stores, variables, seen: Mutex::default(), addresses: AtomicU32::new(1) }
    }

    /// Starts another gateway on the same stores.
    pub async fn another_gateway(&self) -> Running {
        gateway(&self.variables, &self.clock).await
    }

    /// Starts another gateway on the same stores, with other settings.
    pub async fn another_gateway_with(&self, settings: &[(&str, &str)]) -> Running {
        let mut variables = self.variables.clone();
        variables.retain(|(name, _)| settings.iter().all(|(other, _)| name != other));
        variables.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        gateway(&variables, &self.clock).await
    }

    /// Returns what operators do on the command line, on the stores of the gateway.
    pub fn administration(&self) -> Administration {
        let (clock, random) = (self.clock.clone(), Random::system());
        Administration {
            db: self.gateway.db().clone(),
            audit: Audit::new(clock.clone(), random.clone()).publishing(&self.config().webhooks),
            settings: self.config().accounts,
            clock,
            random,
        }
    }

    /// Returns the configuration of the gateway.
    pub fn config(&self) -> Config {
        configured(&self.variables)
    }

    /// Returns the settings of the gateway as environment variables.
    pub fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    /// Runs `menjin` on the same stores, as the operator does: in another process, at the real time.
    pub async fn operator(&self, arguments: &[&str]) -> Finished {
        self.operator_with_input(arguments, "").await
    }

    /// Does the same, with standard input.
    pub async fn operator_with_input(&self, arguments: &[&str], input: &str) -> Finished {
        cli::menjin(&self.variables, arguments, input).await
    }

    /// Does the same, with additional settings.
    pub async fn operator_with_settings(&self, more: &[(&str, &str)], arguments: &[&str]) -> Finished {
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let variables: Vec<_> = self.variables.iter().cloned().chain(more).collect();
        cli::menjin(&variables, arguments, "").await
    }

    /// Returns a new browser with a client address of its own.
    pub fn browser(&self) -> Browser {
        let [_, b, c, d] = self.addresses.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        Browser::new(self.gateway.address(), &format!("10.{b}.{c}.{d}"))
    }

    /// Returns a new browser with the given client address.
    pub fn browser_at(&self, address: &str) -> Browser {
        Browser::new(self.gateway.address(), address)
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub fn advance(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    /// Opens a connection to the database.
    pub async fn sql(&self) -> Sql {
        Sql::connect(&self.stores.database_url).await
    }

    /// Whether a message is seen for the first time.
    pub fn is_new_message(&self, id: &str) -> bool {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned())
    }
}

fn configured(variables: &[(String, String)]) -> Config {
    let config = Config::load(Source::from_variables(variables.iter().cloned()));
    config.unwrap_or_else(|faults| panic!("the configuration of the test is invalid: {faults:#?}"))
}

async fn gateway(variables: &[(String, String)], clock: &Clock) -> Running {
    match Gateway::start(configured(variables), clock.clone(), Random::system()).await {
        Ok(gateway) => Running(Some(gateway)),
        Err(error) => panic!("the gateway does not start: {error}"),
    }
}
