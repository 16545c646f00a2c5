//! `menjin import`: people of another system, with the password hashes that it made. docs/import.md is the page for
//! operators.
//!
//! `reader` takes a file apart, `row` makes a person of each row or says what is wrong with it, `importer` finds those
//! who are there already and writes the others, batch by batch.

mod importer;
mod reader;
mod record;
mod row;

pub use importer::{BATCH, Importer, Options, Outcome};
pub use reader::{Format, ReadError, Rows};
pub use record::{BadField, COLUMNS, Record};
