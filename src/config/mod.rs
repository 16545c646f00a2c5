//! Settings: one struct a section, read from a TOML file and the environment, every fault told at once.
//!
//! Sections are plain data. This folder alone reads the environment.

pub mod accounts;
pub mod captcha;
pub mod codes;
pub mod database;
pub mod delivery;
pub mod ephemeral;
pub mod graphql;
pub mod http;
pub mod keys;
pub mod limits;
pub mod log;
pub mod mode;
pub mod passwords;
pub mod reader;
pub mod retention;
pub mod secrets;
pub mod services;
pub mod sessions;
pub mod social;

use std::path::{Path, PathBuf};

use accounts::AccountSettings;
use captcha::CaptchaSettings;
use codes::CodeSettings;
use database::DatabaseSettings;
use delivery::DeliverySettings;
use ephemeral::{EphemeralSettings, RedisSettings};
use graphql::GraphqlSettings;
use http::{HttpSettings, Origin};
use keys::KeySettings;
use limits::LimitSettings;
use log::LogSettings;
use mode::Mode;
use passwords::PasswordSettings;
use reader::{CONFIG_VARIABLE, Reader, Setting, Source};
use retention::RetentionSettings;
use secrets::SecretSettings;
use services::ServiceSettings;
use sessions::SessionSettings;
use social::SocialSettings;

/// Every setting of a gateway.
#[derive(Clone)]
pub struct Config {
    pub mode: Mode,
    /// Where the embedded database and the development key are kept.
    pub data_folder: PathBuf,
    pub database: DatabaseSettings,
    /// Missing: the short-lived store is in this process.
    pub redis: Option<RedisSettings>,
    pub secrets: SecretSettings,
    pub http: HttpSettings,
    pub graphql: GraphqlSettings,
    pub accounts: AccountSettings,
    pub passwords: PasswordSettings,
    pub codes: CodeSettings,
    pub limits: LimitSettings,
    pub captcha: CaptchaSettings,
    pub sessions: SessionSettings,
    pub keys: KeySettings,
    pub services: ServiceSettings,
    pub social: SocialSettings,
    pub delivery: DeliverySettings,
    pub retention: RetentionSettings,
    pub log: LogSettings,
}

impl Config {
    /// Reads every section.
    ///
    /// # Errors
    /// Every fault at once, one line each, in words for the operator and without the values.
    pub fn load(source: Source) -> Result<Self, Vec<String>> {
        let mut reader = Reader::new(source);
        let config = Self::read(&mut reader);
        config.services.check(&config.sessions.audience, &mut reader);
        if config.mode == Mode::Production {
            config.check_production(&mut reader);
        }
        let (_, faults) = reader.finish();
        if faults.is_empty() { Ok(config) } else { Err(faults) }
    }

    fn read(reader: &mut Reader) -> Self {
        let mode = Mode::read(reader);
        let development = mode == Mode::Development;
        let data_folder: PathBuf = reader.value(
            "data.folder",
            "menjin-data",
            "Where the embedded database and the development key are kept; made when missing.",
        );
        let http = HttpSettings::read(reader, development);
        Self {
            mode,
            database: DatabaseSettings::read(reader, &data_folder),
            redis: EphemeralSettings::read(reader).redis,
            secrets: SecretSettings::read(reader),
            graphql: GraphqlSettings::read(reader, development),
            accounts: AccountSettings::read(reader),
            passwords: PasswordSettings::read(reader),
            codes: CodeSettings::read(reader),
            limits: LimitSettings::read(reader),
            captcha: CaptchaSettings::read(reader),
            sessions: SessionSettings::read(reader, issuer(&http)),
            keys: KeySettings::read(reader),
            services: ServiceSettings::read(reader),
            social: SocialSettings::read(reader),
            delivery: DeliverySettings::read(reader),
            retention: RetentionSettings::read(reader),
            log: LogSettings::read(reader, mode),
            data_folder,
            http,
        }
    }

    /// Nothing that is meant for development may serve the public, and nothing that the public needs may be missing.
    fn check_production(&self, reader: &mut Reader) {
        self.social.check_production(reader);
        if self.secrets.master_key.is_none() {
            reader
                .fault("secrets.master_key", "needed in production; make one with `openssl rand -base64 32`");
        }
        if self.database.embedded {
            reader.fault("database.url", "production keeps its accounts in PostgreSQL: postgres://…");
        }
        if self.redis.is_none() {
            reader.fault("redis.url", "production keeps codes and limits in Redis: redis://… or rediss://…");
        }
        if self.delivery.smtp.is_none() {
            reader.fault("smtp.host", "needed in production: the inbox page exists in development only");
            if !reader.is_set("smtp.from") {
                reader.fault("smtp.from", "needed in production: the sender of mails");
            }
        }
        if self.accounts.reset_url.as_ref().is_some_and(|url| !url.is_https()) {
            reader.fault("accounts.reset_url", "production needs an https address");
        }
        if self.graphql.introspection {
            reader.fault("graphql.introspection", "off in production; `menjin schema` prints the contract");
        }
        if self.graphql.graphiql {
            reader.fault("graphql.graphiql", "off in production");
        }
    }
}

/// Whoever verifies our tokens names one issuer: without a public address, all gateways of a developer's machine use the
/// same one, whichever ports they listen on.
fn issuer(http: &HttpSettings) -> &str {
    let named = http.public_url != Origin::of_listener(http.listen);
    if named { http.public_url.as_str() } else { "http://127.0.0.1:8000" }
}

/// Every setting that exists, in the order of the documentation.
#[must_use]
pub fn settings() -> Vec<Setting> {
    let mut reader = Reader::new(Source::default());
    Config::read(&mut reader);
    reader.finish().0
}

/// The environment, and the settings file that `file` or `MENJIN_CONFIG` points to.
///
/// # Errors
/// When that file cannot be read or is no TOML.
pub fn source(file: Option<&Path>) -> Result<Source, Vec<String>> {
    let pointed = std::env::var_os(CONFIG_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
    let source = Source::from_variables(std::env::vars());
    let Some(path) = file.map(Path::to_path_buf).or(pointed) else {
        return Ok(source);
    };
    let text =
        std::fs::read_to_string(&path).map_err(|error| vec![format!("{}: {error}", path.display())])?;
    source.with_toml(&text).map_err(|error| vec![format!("{}: {error}", path.display())])
}
