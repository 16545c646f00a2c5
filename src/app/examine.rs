//! What `menjin doctor` looks at.

use crate::config::Config;
use crate::core::clock::Clock;
use crate::core::secret::MasterKey;
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
    if let Some(redis) = &config.redis {
        let outcome = Ephemeral::redis(redis).await;
        found.push(Health {
            part: "Redis",
            outcome: outcome.map(|_| "answers".into()).map_err(|e| e.to_string()),
        });
    }
    if let Some(smtp) = &config.delivery.smtp {
        let outcome = match Smtp::new(smtp, Clock::system()) {
            Ok(smtp) => {
                smtp.examine().await.map(|()| "answers".to_owned()).map_err(|error| error.to_string())
            }
            Err(error) => Err(error.to_string()),
        };
        found.push(Health { part: "mail server", outcome });
    }
    found
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
    let db = Db::open(&settings.url, 1, settings.deadline).await.map_err(|error| error.to_string())?;
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
    let master = examined_master(config);
    let keys = match &master {
        Some(master) => KeyRing::examine(&db, master).await.map_err(|error| error.to_string())?,
        None => 0,
    };
    Ok(format!("{kind}, up to date, {keys} signing keys that open"))
}

fn examined_master(config: &Config) -> Option<MasterKey> {
    let file = || std::fs::read_to_string(config.data_folder.join("master.key")).ok();
    config.secrets.master_key.clone().or_else(|| file().and_then(|text| MasterKey::parse(&text)))
}
