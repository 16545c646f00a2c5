//! The services that resolvers call, as one value in the schema's data.

use super::cookies::CookiePolicy;
use super::public_settings::PublicSettings;
use crate::accounts::Accounts;
use crate::core::clock::Clock;
use crate::sessions::Sessions;
use crate::social::Social;
use crate::verification::Verification;

/// The features of the gateway. A feature that is missing does not compile.
#[derive(Clone)]
pub struct Features {
    pub verification: Verification,
    pub sessions: Sessions,
    pub accounts: Accounts,
    pub social: Social,
    pub settings: PublicSettings,
    pub cookies: CookiePolicy,
    pub clock: Clock,
}
