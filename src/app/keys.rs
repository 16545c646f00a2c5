//! The signing keys without a gateway, for the command line.

use super::error::StartError;
use super::master_key::master_key;
use crate::config::Config;
use crate::core::clock::Clock;
use crate::core::random::Random;
use crate::db::Db;
use crate::db::models::SigningKey;
use crate::sessions::{KeyRing, KeyRules};

/// Returns the keys of the database. Generates the first key if there is none.
///
/// # Errors
/// [`StartError`]: the database is unavailable, or the master key does not match.
pub async fn keys(config: &Config, clock: &Clock, random: &Random) -> Result<KeyRing, StartError> {
    let master = master_key(config, random)?;
    let rules = KeyRules::new(&config.keys, &config.sessions);
    Ok(KeyRing::open(&open(config).await?, &master, clock, random, rules).await?)
}

/// Returns the rows of the keys, oldest first. Needs no master key.
///
/// # Errors
/// [`StartError`]: the database is unavailable.
pub async fn listed_keys(config: &Config) -> Result<Vec<SigningKey>, StartError> {
    Ok(open(config).await?.signing_keys().await?)
}

async fn open(config: &Config) -> Result<Db, StartError> {
    Ok(Db::open(&config.database.url, 1, config.database.deadline).await?)
}
