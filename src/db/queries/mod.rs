//! Every query that both backends can say, compiled once for each. `super::Conn` and `super::write_tx!` are all that
//! differs; the macro is in scope by its place before the `mod` line. `super` is a different module in each compilation, so nothing here may name a backend.

use super::{Conn, claims, events};
use crate::db::error::{DbError, WriteError};

pub mod administration;
pub mod audit;
pub mod changes;
pub mod erasure;
pub mod identities;
pub mod inbox;
pub mod keys;
pub mod merges;
pub mod messages;
pub mod sessions;
pub mod upkeep;
pub mod users;
pub mod webhooks;
