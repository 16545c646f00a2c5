//! What undoing a merge needs besides the store, for the command line.

use super::error::StartError;
use super::master_key::master_key;
use crate::accounts::administration::Administration;
use crate::accounts::lifecycle::merge_records::MergeRecords;
use crate::accounts::notices::Notices;
use crate::config::Config;
use crate::delivery::Outbox;

/// Builds what opens the records of merges, and the notices, which a running gateway sends.
///
/// # Errors
/// There is no master key.
pub fn merge_tools(
    config: &Config,
    administration: &Administration,
) -> Result<(MergeRecords, Notices), StartError> {
    let Administration { db, clock, random, .. } = administration;
    let master = master_key(config, random)?;
    let outbox = Outbox::new(db.clone(), &master, clock.clone(), random.clone());
    Ok((MergeRecords::new(&master, random.clone()), Notices::new(outbox, clock.clone())))
}
