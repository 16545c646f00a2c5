//! What the sandbox is made of.

use std::time::Duration;

use crate::config::http::Origin;
use crate::core::clock::Clock;
use crate::core::random::Random;
use crate::db::Db;

/// What the sandbox is made of.
pub struct Sandbox {
    /// Where the inbox is.
    pub db: Db,
    pub clock: Clock,
    pub random: Random,
    /// How browsers reach the gateway, and with it the sandbox.
    pub public_url: Origin,
    /// Where browsers may be sent back to. The providers of the sandbox refuse all other addresses.
    pub return_to: Vec<Origin>,
    /// How long an answer takes that is meant to be too slow.
    pub slow: Duration,
    /// The same, of a captcha service.
    pub captcha_slow: Duration,
}
