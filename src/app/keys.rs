//! The signing keys without a gateway around them, for the command line.

use super::error::StartError;
use super::master_key::master_key;
use crate::config::Config;
use crate::core::clock::Clock;
use crate::core::random::Random;
use crate::db::Db;
use crate::db::models::SigningKey;
use crate::sessions::{KeyRing, KeyRules};

/// The keys of the configured database. The first one is made where there is none.
///
/// # Errors
/// [`StartError`]: the database is away, or the master key does not fit.
pub async fn keys(config: &Config, clock: &Clock, random: &Random) -> Result<KeyRing, StartError> {
    let master = master_key(config, random)?;
    let rules = KeyRules::new(&config.keys, &config.sessions);
    Ok(KeyRing::open(&open(config).await?, &master, clock, random, rules).await?)
}

/// The rows of the keys, oldest first. Changes nothing and needs no master key.
///
/// # Errors
/// [`StartError`]: the database is away.
pub async fn listed_keys(config: &Config) -> Result<Vec<SigningKey>, StartError> {
    Ok(open(config).await?.signing_keys().await?)
}

async fn open(config: &Config) -> Result<Db, StartError> {
    Ok(Db::open(&config.database.url, 1, config.database.deadline).await?)
}
