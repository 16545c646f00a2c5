//! What an operator does for somebody whose accounts were merged by mistake, or by somebody else: takes them apart again,
//! as long as the merged one is not erased. `menjin users unmerge` calls this.

use super::merge_records::MergeRecords;
use super::notices::Notices;
use crate::audit::{Audit, Kind};
use crate::core::clock::Clock;
use crate::core::ids::MergeId;
use crate::core::language::Language;
use crate::db::merges::Undone;
use crate::db::{Db, DbError};
use crate::delivery::{Channel, NoticeTopic};

/// Takes accounts apart again.
#[derive(Clone)]
pub struct UndoMerge {
    pub db: Db,
    pub records: MergeRecords,
    pub notices: Notices,
    pub audit: Audit,
    pub clock: Clock,
}

impl UndoMerge {
    /// Undoes a merge, ends all sessions of the kept account, and tells every address that the accounts have until
    /// then.
    ///
    /// # Errors
    /// [`DbError`]; a fault where the record does not open under the present master key.
    pub async fn run(&self, id: MergeId) -> Result<Undone, DbError> {
        let Some(merge) = self.db.find_merge(id).await? else { return Ok(Undone::Closed) };
        let both = [merge.kept_user_id, merge.merged_user_id];
        let named = [id.to_string()];
        let events = both
            .map(|user| self.audit.by_operator(Kind::AccountsUnmerged, user, &[("merge", named.as_slice())]));
        let mut notices = Vec::new();
        for user in both {
            let Some(user) = self.db.find_user(user).await? else { continue };
            // What came from the merged account is an address of the kept one until now: all of them are told.
            let channels = [Channel::Email, Channel::Sms];
            let several = user.email.is_some() && user.mobile.is_some();
            for channel in &channels[..if several { 2 } else { 1 }] {
                let topic = NoticeTopic::AccountsUnmerged;
                notices.extend(self.notices.to(&user, *channel, topic, Language::default()));
            }
        }
        let unseal = |sealed: &[u8]| self.records.open(id, sealed);
        let undone = self.db.undo_merge(id, self.clock.now(), &unseal, &events, &notices).await?;
        self.notices.written();
        Ok(undone)
    }
}
