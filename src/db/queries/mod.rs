//! Every query that both backends can say, compiled once for each. `super::Conn` and `super::write_tx!` are all that
//! differs; the macro is in scope by its place before the `mod` line. `super` is a different module in each compilation, so nothing here may name a backend.

use super::Conn;
use crate::db::error::DbError;

pub mod audit;
pub mod keys;
pub mod sessions;
pub mod users;
