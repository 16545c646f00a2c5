//! The checks of `menjin doctor`.

use chrono::SecondsFormat;

use super::messages::{self, missing_carriers};
use crate::config::Config;
use crate::config::keys::TokenAlgorithm;
use crate::config::mode::Mode;
use crate::core::clock::Clock;
use crate::core::random::Random;
use crate::core::secret::MasterKey;
use crate::db::models::SigningKey;
use crate::db::types::KeyState;
use crate::db::{self, Db};
use crate::delivery::email::smtp::Smtp;
use crate::delivery::sms::Checked;
use crate::ephemeral::Ephemeral;
use crate::sessions::KeyRing;

/// The result of one check.
pub struct Health {
    pub part: &'static str,
    /// A note if the check passed, or an error.
    pub outcome: Result<String, String>,
}

/// Checks everything that a gateway needs. Changes nothing, except that a missing SQLite file is created.
pub async fn examine(config: &Config) -> Vec<Health> {
    let mut found = vec![
        Health { part: "master key", outcome: examine_master(config) },
        Health { part: "database", outcome: examine_database(config).await },
    ];
    found.extend(examine_keys(config).await.map(|outcome| Health { part: "signing keys", outcome }));
    found.push(Health { part: "Redis", outcome: examine_redis(config).await });
    found.push(Health { part: "mail server", outcome: examine_mail(config).await });
    found.extend(examine_carriers(config).await);
    let page = config.accounts.reset_url.as_ref();
    let page = page.map_or("not set; links open /reset of the gateway, where there is no page", |_| "set");
    found.push(Health { part: "reset page", outcome: Ok(page.into()) });
    found
}

async fn examine_redis(config: &Config) -> Result<String, String> {
    let Some(redis) = &config.redis else {
        return Ok("not set; codes and limits are in the process".into());
    };
    Ephemeral::redis(redis).await.map(|_| "responds".into()).map_err(|error| error.to_string())
}

/// Asks each carrier what it can tell without sending a message.
async fn examine_carriers(config: &Config) -> Vec<Health> {
    let mut found = Vec::new();
    if let Some(missing) = missing_carriers(config) {
        found.push(Health { part: "SMS", outcome: Err(missing) });
    }
    let sms = match messages::sms(config, &Clock::system(), &Random::system(), None) {
        Ok(Some(sms)) => sms,
        Ok(None) if config.mode == Mode::Development => {
            found.push(Health {
                part: "SMS",
                outcome: Ok("no carrier; messages go to the inbox page".into()),
            });
            return found;
        }
        Ok(None) => return found,
        Err(error) => {
            found.push(Health { part: "SMS", outcome: Err(error.to_string()) });
            return found;
        }
    };
    for carrier in sms.all() {
        let name = carrier.name();
        let outcome = match carrier.check().await {
            Ok(Checked::Valid(note)) => Ok(format!("{name}: {note}")),
            Ok(Checked::Unsupported) => {
                Ok(format!("{name}: cannot be checked without a message; `menjin send-test` sends one"))
            }
            Err(error) => Err(format!("{name}: {error}")),
        };
        found.push(Health { part: "SMS", outcome });
    }
    found
}

async fn examine_mail(config: &Config) -> Result<String, String> {
    let Some(smtp) = &config.delivery.smtp else {
        return Ok("not set; e-mails go to the inbox page".into());
    };
    let smtp = Smtp::new(smtp, Clock::system()).map_err(|error| error.to_string())?;
    smtp.check().await.map(|()| "responds".to_owned()).map_err(|error| error.to_string())
}

fn examine_master(config: &Config) -> Result<String, String> {
    let path = config.data_folder.join("master.key");
    match (&config.secrets.master_key, std::fs::read_to_string(&path)) {
        (Some(_), _) => Ok("configured".into()),
        (None, Ok(text)) if MasterKey::parse(&text).is_some() => Ok(format!("in {}", path.display())),
        (None, Ok(_)) => Err(format!("{} does not contain 32 bytes in base64", path.display())),
        (None, Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            Ok("will be generated at the first start".into())
        }
        (None, Err(error)) => Err(format!("{}: {error}", path.display())),
    }
}

async fn examine_database(config: &Config) -> Result<String, String> {
    let settings = &config.database;
    let kind = if settings.embedded { "SQLite" } else { "PostgreSQL" };
    Db::open(&settings.url, 1, settings.deadline).await.map_err(|error| error.to_string())?;
    let pending = db::pending(&settings.url).await.map_err(|error| error.to_string())?;
    if !pending.is_empty() {
        return if settings.migrate {
            Ok(format!("{kind}; pending migrations, applied at startup: {}", pending.join(", ")))
        } else {
            Err(format!(
                "{kind}; pending migrations: {}; apply them with `menjin migrate`",
                pending.join(", ")
            ))
        };
    }
    Ok(format!("{kind}, up to date"))
}

/// Returns `None` if the database is not ready, which another check reports.
async fn examine_keys(config: &Config) -> Option<Result<String, String>> {
    let settings = &config.database;
    let db = Db::open(&settings.url, 1, settings.deadline).await.ok()?;
    let pending = db::pending(&settings.url).await.ok()?;
    let (Some(master), true) = (examined_master(config), pending.is_empty()) else {
        return Some(Ok("will be generated at the first start".into()));
    };
    let keys = KeyRing::examine(&db, &master).await;
    Some(keys.map(|keys| signing(&keys, config.keys.algorithm)).map_err(|error| error.to_string()))
}

/// Describes the signing key and whether it has the configured algorithm.
fn signing(keys: &[SigningKey], wanted: TokenAlgorithm) -> String {
    if wanted == TokenAlgorithm::Hs256 {
        return "tokens are signed with a shared secret (HS256); no keys are published".into();
    }
    let Some(active) = keys.iter().find(|key| key.state == KeyState::Active) else {
        return "will be generated at the first start".into();
    };
    let count = match keys.len() {
        1 => "it can be decrypted".to_owned(),
        more => format!("all {more} can be decrypted"),
    };
    let note = match keys.iter().find(|key| key.state == KeyState::Next) {
        _ if active.algorithm == wanted.as_str() => String::new(),
        Some(next) if next.algorithm == wanted.as_str() => {
            format!(
                "; an {wanted} key replaces it at {}",
                next.activates_at.0.to_rfc3339_opts(SecondsFormat::Secs, true)
            )
        }
        Some(next) => format!(
            "; `tokens.algorithm` is {wanted}, but the next key is {}; `menjin keys rotate` replaces it",
            next.algorithm
        ),
        None => format!("; `tokens.algorithm` is {wanted}: a running gateway generates the next key"),
    };
    format!("{} key signs, {count}{note}", active.algorithm)
}

fn examined_master(config: &Config) -> Option<MasterKey> {
    let file = || std::fs::read_to_string(config.data_folder.join("master.key")).ok();
    config.secrets.master_key.clone().or_else(|| file().and_then(|text| MasterKey::parse(&text)))
}
