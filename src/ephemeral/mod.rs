//! The short-lived store: codes, limits and single-use records, in Redis or in this process.
//!
//! Each operation is atomic: one Lua script in Redis, one critical section in memory. The expiry is part of the stored
//! value and is compared with the caller's clock. Deletion by Redis or by the map is only garbage collection.

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
