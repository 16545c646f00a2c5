//! The dependencies of the sandbox.

use std::time::Duration;

use crate::config::http::Origin;
use crate::core::clock::Clock;
use crate::core::random::Random;
use crate::db::Db;

/// The dependencies of the sandbox.
pub struct Sandbox {
    /// The database with the messages of the inbox.
    pub db: Db,
    pub clock: Clock,
    pub random: Random,
    /// The public URL of the gateway, which is also that of the sandbox.
    pub public_url: Origin,
    /// Allowed redirect origins. The providers of the sandbox refuse all others.
    pub return_to: Vec<Origin>,
    /// The delay of the simulated slow responses.
    pub slow: Duration,
    /// The same, of a captcha service.
    pub captcha_slow: Duration,
}
