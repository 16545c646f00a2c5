//! `menjin import`: imports accounts of another system with their password hashes. Operators read docs/import.md.
//!
//! `reader` splits a file into rows, `row` parses each row, and `importer` leaves out accounts that exist already and writes
//! the others, batch by batch.

mod importer;
mod reader;
mod record;
mod row;

pub use importer::{BATCH, Importer, Options, Outcome};
pub use reader::{Format, ReadError, Rows};
pub use record::{BadField, COLUMNS, Record};
