//! The queries that are the same on both backends, compiled once for each.
//!
//! Only `super::Conn` and `write_tx!` differ; the macro is in scope because it is defined before the `mod` line. `super` is
//! another module in each compilation, so nothing here may name a backend.

use super::{Conn, claims, events};
use crate::db::error::{DbError, WriteError};

pub mod administration;
pub mod audit;
mod authorization;
pub mod changes;
pub mod erasure;
pub mod identities;
pub mod inbox;
pub mod keys;
pub mod merges;
pub mod messages;
pub mod sessions;
pub mod sms_counters;
pub mod upkeep;
pub mod users;
pub mod webhooks;
