//! What every feature is built from: the stores, the clock, randomness, the audit log and the limits.

use crate::audit::Audit;
use crate::config::limits::LimitSettings;
use crate::config::webhooks::WebhookSettings;
use crate::core::clock::Clock;
use crate::core::random::Random;
use crate::core::secret::MasterKey;
use crate::db::Db;
use crate::ephemeral::Ephemeral;
use crate::limits::Limiter;

/// The tools that all features share. Cheap to clone: clones share pools, connections and state. It never contains a
/// feature.
#[derive(Clone)]
pub struct Kit {
    pub db: Db,
    pub store: Ephemeral,
    pub clock: Clock,
    pub random: Random,
    pub master: MasterKey,
    pub audit: Audit,
    pub limits: Limiter,
}

impl Kit {
    /// Builds the audit log and the limits on top of the stores.
    #[must_use]
    pub fn new(
        db: Db,
        store: Ephemeral,
        clock: Clock,
        random: Random,
        master: MasterKey,
        limits: LimitSettings,
        webhooks: &WebhookSettings,
    ) -> Self {
        let audit = Audit::new(clock.clone(), random.clone()).publishing(webhooks);
        let limits = Limiter::new(store.clone(), &master, clock.clone(), limits);
        Self { db, store, clock, random, master, audit, limits }
    }
}
