//! The tools for undoing a merge from the command line.

use super::error::StartError;
use super::master_key::master_key;
use crate::accounts::administration::Administration;
use crate::accounts::lifecycle::merge_records::MergeRecords;
use crate::accounts::notices::Notices;
use crate::config::Config;
use crate::delivery::Outbox;

/// Builds the decryption of merge records, and the notices, which a running gateway sends.
///
/// # Errors
/// If there is no master key.
pub fn merge_tools(
    config: &Config,
    administration: &Administration,
) -> Result<(MergeRecords, Notices), StartError> {
    let Administration { db, clock, random, .. } = administration;
    let master = master_key(config, random)?;
    let outbox = Outbox::new(db.clone(), &master, clock.clone(), random.clone());
    Ok((MergeRecords::new(&master, random.clone()), Notices::new(outbox, clock.clone())))
}
