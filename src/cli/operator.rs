//! What all commands for accounts need.

use std::time::Duration;

use super::store;
use crate::accounts::administration::Administration;
use crate::audit::Audit;
use crate::config::Config;
use crate::core::clock::Clock;
use crate::core::random::Random;
use crate::db::models::User;

/// The deadline of a query.
const DEADLINE: Duration = Duration::from_secs(30);

/// Why a command failed, as a message for the operator.
pub type Failure = String;

/// The configuration and the administration of accounts.
pub struct Operator {
    pub config: Config,
    pub administration: Administration,
}

impl Operator {
    /// Opens the database.
    pub async fn open(config: Config) -> Result<Self, Failure> {
        let (clock, random) = (Clock::system(), Random::system());
        let administration = Administration {
            db: store::open(&config, DEADLINE).await?,
            audit: Audit::new(clock.clone(), random.clone()).publishing(&config.webhooks),
            settings: config.accounts.clone(),
            clock,
            random,
        };
        Ok(Self { config, administration })
    }
}

/// Returns the account that the operator named. The error does not repeat the argument, because it may be a mobile
/// number.
pub async fn find(administration: &Administration, who: &str) -> Result<User, Failure> {
    let found = administration.find(who).await.map_err(|error| error.to_string())?;
    found.ok_or_else(|| "no such account".into())
}
