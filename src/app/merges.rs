//! Undoing merges without a gateway around, for the command line.

use super::error::StartError;
use super::master_key::master_key;
use crate::accounts::merge_records::MergeRecords;
use crate::accounts::notices::Notices;
use crate::accounts::undo_merge::UndoMerge;
use crate::audit::Audit;
use crate::config::Config;
use crate::core::clock::Clock;
use crate::core::random::Random;
use crate::db::Db;
use crate::delivery::Outbox;

/// What undoes merges in `db`. A gateway sends the notices.
///
/// # Errors
/// [`StartError`]: there is no master key.
pub fn undo_merge(config: &Config, db: &Db, clock: &Clock, random: &Random) -> Result<UndoMerge, StartError> {
    let master = master_key(config, random)?;
    let outbox = Outbox::new(db.clone(), &master, clock.clone(), random.clone());
    Ok(UndoMerge {
        db: db.clone(),
        records: MergeRecords::new(&master, random.clone()),
        notices: Notices::new(outbox, clock.clone()),
        audit: Audit::new(clock.clone(), random.clone()),
        clock: clock.clone(),
    })
}
