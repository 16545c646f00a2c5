//! The short-lived store: codes, limits and records that are read once, in Redis or in this process.
//!
//! Each operation is one atomic step: one Lua script call in Redis, one lock section in memory. Expiry is part of the
//! stored value and is compared with the caller's clock; what Redis and the map throw away by themselves is garbage.

mod code;
#[cfg(test)]
mod conformance;
mod error;
#[cfg(test)]
mod histories;
mod limit;
mod memory;
mod redis;
mod store;
mod time;
#[cfg(test)]
mod upkeep;

pub use code::{Attempts, NewCode, Redeemed};
pub use error::EphemeralError;
pub use limit::{Charge, Charged, Return, Rule};
pub use store::Ephemeral;
pub use time::micros;
