//! What `menjin doctor` looks at.

use chrono::SecondsFormat;

use crate::config::Config;
use crate::config::keys::TokenAlgorithm;
use crate::core::clock::Clock;
use crate::core::secret::MasterKey;
use crate::db::models::SigningKey;
use crate::db::types::KeyState;
use crate::db::{self, Db};
use crate::delivery::email::smtp::Smtp;
use crate::ephemeral::Ephemeral;
use crate::sessions::KeyRing;

/// One thing that `menjin doctor` looked at.
pub struct Health {
    pub part: &'static str,
    /// What is well with it, or what is not.
    pub outcome: Result<String, String>,
}

/// Looks at everything that a gateway needs, without changing any of it. A new SQLite file is made by looking.
pub async fn examine(config: &Config) -> Vec<Health> {
    let mut found = vec![
        Health { part: "master key", outcome: examine_master(config) },
        Health { part: "database", outcome: examine_database(config).await },
    ];
    found.extend(examine_keys(config).await.map(|outcome| Health { part: "signing keys", outcome }));
    found.push(Health { part: "Redis", outcome: examine_redis(config).await });
    found.push(Health { part: "mail server", outcome: examine_mail(config).await });
    let page = config.accounts.reset_url.as_ref();
    let page = page.map_or("not set; links lead to /reset of the gateway, where nothing is", |_| "set");
    found.push(Health { part: "page of reset links", outcome: Ok(page.into()) });
    found
}

async fn examine_redis(config: &Config) -> Result<String, String> {
    let Some(redis) = &config.redis else {
        return Ok("none is set; codes and limits are in the process".into());
    };
    Ephemeral::redis(redis).await.map(|_| "answers".into()).map_err(|error| error.to_string())
}

async fn examine_mail(config: &Config) -> Result<String, String> {
    let Some(smtp) = &config.delivery.smtp else {
        return Ok("none is set; mails go to the inbox page".into());
    };
    let smtp = Smtp::new(smtp, Clock::system()).map_err(|error| error.to_string())?;
    smtp.check().await.map(|()| "answers".to_owned()).map_err(|error| error.to_string())
}

fn examine_master(config: &Config) -> Result<String, String> {
    let path = config.data_folder.join("master.key");
    match (&config.secrets.master_key, std::fs::read_to_string(&path)) {
        (Some(_), _) => Ok("configured".into()),
        (None, Ok(text)) if MasterKey::parse(&text).is_some() => Ok(format!("in {}", path.display())),
        (None, Ok(_)) => Err(format!("{} does not hold 32 bytes in base64", path.display())),
        (None, Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            Ok("is made at the first start".into())
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
            Ok(format!("{kind}; missing migrations are applied at start: {}", pending.join(", ")))
        } else {
            Err(format!(
                "{kind}; missing migrations: {}; apply them with `menjin migrate`",
                pending.join(", ")
            ))
        };
    }
    Ok(format!("{kind}, up to date"))
}

/// `None` where the database is not ready, which is told elsewhere.
async fn examine_keys(config: &Config) -> Option<Result<String, String>> {
    let settings = &config.database;
    let db = Db::open(&settings.url, 1, settings.deadline).await.ok()?;
    let pending = db::pending(&settings.url).await.ok()?;
    let (Some(master), true) = (examined_master(config), pending.is_empty()) else {
        return Some(Ok("are made at the first start".into()));
    };
    let keys = KeyRing::examine(&db, &master).await;
    Some(keys.map(|keys| signing(&keys, config.keys.algorithm)).map_err(|error| error.to_string()))
}

/// Which key signs, and whether it is what the settings want.
fn signing(keys: &[SigningKey], wanted: TokenAlgorithm) -> String {
    if wanted == TokenAlgorithm::Hs256 {
        return "a shared secret signs (HS256); nothing is published".into();
    }
    let Some(active) = keys.iter().find(|key| key.state == KeyState::Active) else {
        return "are made at the first start".into();
    };
    let count = match keys.len() {
        1 => "it opens".to_owned(),
        more => format!("all {more} open"),
    };
    let note = match keys.iter().find(|key| key.state == KeyState::Next) {
        _ if active.algorithm == wanted.as_str() => String::new(),
        Some(next) if next.algorithm == wanted.as_str() => {
            format!(
                "; {wanted} takes over at {}",
                next.activates_at.0.to_rfc3339_opts(SecondsFormat::Secs, true)
            )
        }
        Some(next) => format!(
            "; `tokens.algorithm` is {wanted}, but a next key of {} waits: `menjin keys rotate` replaces it",
            next.algorithm
        ),
        None => format!("; `tokens.algorithm` is {wanted}: a running gateway makes the next key"),
    };
    format!("{} signs, {count}{note}", active.algorithm)
}

fn examined_master(config: &Config) -> Option<MasterKey> {
    let file = || std::fs::read_to_string(config.data_folder.join("master.key")).ok();
    config.secrets.master_key.clone().or_else(|| file().and_then(|text| MasterKey::parse(&text)))
}
