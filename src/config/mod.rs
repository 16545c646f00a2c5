//! Settings: one struct per section, read from a TOML file and the environment. All errors are reported at once.
//!
//! Sections are plain data. Only this folder reads the environment.

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
pub mod sms;
pub mod sms_guard;
pub mod social;
pub mod token_claims;
pub mod webhooks;

use std::path::{Path, PathBuf};

use accounts::{AccountSettings, PageUrl};
use captcha::CaptchaSettings;
use codes::CodeSettings;
use database::DatabaseSettings;
use delivery::DeliverySettings;
use ephemeral::{EphemeralSettings, RedisSettings};
use graphql::GraphqlSettings;
use http::HttpSettings;
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
use sms::SmsSettings;
use social::SocialSettings;
use token_claims::TokenClaimSettings;
use webhooks::WebhookSettings;

/// All settings of a gateway.
#[derive(Clone)]
pub struct Config {
    pub mode: Mode,
    /// The folder of the embedded database and the development key.
    pub data_folder: PathBuf,
    pub database: DatabaseSettings,
    /// `None` if the short-lived store is in this process.
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
    pub token_claims: TokenClaimSettings,
    pub keys: KeySettings,
    pub services: ServiceSettings,
    pub social: SocialSettings,
    pub delivery: DeliverySettings,
    pub sms: SmsSettings,
    pub webhooks: WebhookSettings,
    pub retention: RetentionSettings,
    pub log: LogSettings,
}

impl Config {
    /// Reads all sections.
    ///
    /// # Errors
    /// All configuration errors, one per line, without the values.
    pub fn load(source: Source) -> Result<Self, Vec<String>> {
        let mut reader = Reader::new(source);
        let config = Self::read(&mut reader);
        config.services.check(&config.sessions.audience, &mut reader);
        if config.mode == Mode::Production {
            config.check_production(&mut reader);
        }
        let (_, errors) = reader.finish();
        if errors.is_empty() { Ok(config) } else { Err(errors) }
    }

    fn read(reader: &mut Reader) -> Self {
        let mode = Mode::read(reader);
        let development = mode == Mode::Development;
        let data_folder: PathBuf = reader.value(
            "data.folder",
            "menjin-data",
            "The folder of the embedded database and the development key. It is created if it does not exist.",
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
            keys: KeySettings::read(reader),
            sessions: SessionSettings::read(reader, http.public_url.as_str()),
            token_claims: TokenClaimSettings::read(reader, development),
            services: ServiceSettings::read(reader),
            social: SocialSettings::read(reader),
            delivery: DeliverySettings::read(reader),
            sms: SmsSettings::read(reader, development),
            webhooks: WebhookSettings::read(reader, development),
            retention: RetentionSettings::read(reader),
            log: LogSettings::read(reader, mode),
            data_folder,
            http,
        }
    }

    /// Reports development features that are enabled and required settings that are missing in production.
    fn check_production(&self, reader: &mut Reader) {
        self.social.check_production(reader);
        self.captcha.check_production(reader);
        if self.secrets.master_key.is_none() && !reader.is_set("secrets.master_key") {
            reader.error(
                "secrets.master_key",
                "required in production; create one with `openssl rand -base64 32`",
            );
        }
        if self.database.embedded {
            reader.error("database.url", "production requires PostgreSQL: postgres://…");
        }
        if self.redis.is_none() {
            reader.error("redis.url", "production requires Redis: redis://… or rediss://…");
        }
        if self.delivery.smtp.is_none() {
            reader.error("smtp.host", "required in production: the inbox page exists only in development");
            if !reader.is_set("smtp.from") {
                reader.error("smtp.from", "required in production: the sender of e-mails");
            }
        }
        // The gateway has no such page.
        if !self.accounts.reset_url.as_ref().is_some_and(PageUrl::is_https) {
            reader.error(
                "accounts.reset_url",
                "production requires the https URL of your page for new passwords",
            );
        }
        if self.graphql.introspection {
            reader.error(
                "graphql.introspection",
                "must be off in production; `menjin schema` prints the schema",
            );
        }
        if self.graphql.graphiql {
            reader.error("graphql.graphiql", "must be off in production");
        }
    }
}

/// Returns all settings in the order of the documentation.
#[must_use]
pub fn settings() -> Vec<Setting> {
    let mut reader = Reader::new(Source::default());
    Config::read(&mut reader);
    reader.finish().0
}

/// Returns the environment and the settings file, which `file` or `MENJIN_CONFIG` names.
///
/// # Errors
/// If that file cannot be read or is not valid TOML.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(variables: &[(&str, &str)]) -> String {
        let pairs = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::load(Source::from_variables(pairs)).err().unwrap_or_default().join("\n")
    }

    #[test]
    fn production_requires_a_reset_page_and_reports_an_invalid_key_once() {
        let production = ("MENJIN_MODE", "production");
        let told = errors(&[production, ("MENJIN_SECRETS_MASTER_KEY", "abc")]);
        assert!(told.contains("MENJIN_ACCOUNTS_RESET_URL): production requires the https URL"), "{told}");
        assert_eq!(told.matches("MENJIN_SECRETS_MASTER_KEY").count(), 1, "{told}");
        for (page, fine) in [("http://app.example/reset", false), ("https://app.example/reset", true)] {
            let told = errors(&[production, ("MENJIN_ACCOUNTS_RESET_URL", page)]);
            assert_eq!(told.contains("RESET_URL"), !fine, "{told}");
        }
        assert!(errors(&[production]).contains("MENJIN_SECRETS_MASTER_KEY): required in production"));
        assert_eq!(errors(&[]), "", "development has defaults");
    }

    #[test]
    fn the_issuer_defaults_to_the_public_url() {
        let issuer = |variables: &[(&str, &str)]| {
            let pairs = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            Config::load(Source::from_variables(pairs)).ok().unwrap().sessions.issuer
        };
        assert_eq!(issuer(&[]), "http://127.0.0.1:8000");
        assert_eq!(issuer(&[("MENJIN_HTTP_LISTEN", "0.0.0.0:9400")]), "http://127.0.0.1:9400");
        assert_eq!(issuer(&[("MENJIN_HTTP_PUBLIC_URL", "http://menjin:8000")]), "http://menjin:8000");
        assert_eq!(issuer(&[("MENJIN_TOKENS_ISSUER", "https://id.example")]), "https://id.example");
    }
}
