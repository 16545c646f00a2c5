//! What the commands about accounts stand on.

use std::time::Duration;

use super::store;
use crate::accounts::administration::Administration;
use crate::audit::Audit;
use crate::config::Config;
use crate::core::clock::Clock;
use crate::core::random::Random;
use crate::db::models::User;

/// How long the operator waits for one query.
const DEADLINE: Duration = Duration::from_secs(30);

/// Why a command failed, in words for the operator.
pub type Failure = String;

/// What a command needs.
pub struct Desk {
    pub config: Config,
    pub hands: Administration,
    pub audit: Audit,
    pub clock: Clock,
    pub random: Random,
}

impl Desk {
    /// Opens the store.
    pub async fn open(config: Config) -> Result<Self, Failure> {
        let (clock, random) = (Clock::system(), Random::system());
        let audit = Audit::new(clock.clone(), random.clone());
        let hands = Administration {
            db: store::open(&config, DEADLINE).await?,
            audit: audit.clone(),
            regions: config.accounts.regions.clone(),
            clock: clock.clone(),
        };
        Ok(Self { config, hands, audit, clock, random })
    }
}

/// The account that is meant, or that there is none. What was typed is not repeated: it may be a mobile number.
pub async fn find(hands: &Administration, who: &str) -> Result<User, Failure> {
    let found = hands.find(who).await.map_err(|error| error.to_string())?;
    found.ok_or_else(|| "there is no such account".into())
}
