//! `menjin users unmerge`: undoes a merge that was a mistake, or that somebody else made, as long as the data of the merged
//! account exists.

use super::super::lifecycle::merge_records::MergeRecords;
use super::super::notices::Notices;
use super::service::Administration;
use crate::audit::Kind;
use crate::core::ids::MergeId;
use crate::core::language::Language;
use crate::db::merges::Undone;
use crate::delivery::{Channel, NoticeTopic};
use crate::outcome::Refusal;

impl Administration {
    /// Undoes a merge, revokes all sessions of the kept account, and notifies every contact that the accounts had
    /// before. Fails when the record does not open with the current master key.
    #[tracing::instrument(skip_all, fields(merge = %id))]
    pub async fn undo_merge(
        &self,
        id: MergeId,
        records: &MergeRecords,
        notices: &Notices,
    ) -> Result<Undone, Refusal> {
        let Some(merge) = self.db.find_merge(id).await? else { return Ok(Undone::NotPossible) };
        let both = [merge.kept_user_id, merge.merged_user_id];
        let named = [id.to_string()];
        let events = both
            .map(|user| self.audit.by_operator(Kind::AccountsUnmerged, user, &[("merge", named.as_slice())]));
        let mut messages = Vec::new();
        for user in both {
            let Some(user) = self.db.find_user(user).await? else { continue };
            // Contacts of the merged account still belong to the kept one, so all contacts of both are notified.
            let channels = [Channel::Email, Channel::Sms];
            let several = user.email.is_some() && user.mobile.is_some();
            for channel in &channels[..if several { 2 } else { 1 }] {
                let topic = NoticeTopic::AccountsUnmerged;
                messages.extend(notices.to(&user, *channel, topic, Language::default()));
            }
        }
        let unseal = |sealed: &[u8]| records.open(id, sealed);
        let undone = self.db.undo_merge(id, self.clock.now(), &unseal, &events, &messages).await?;
        notices.written();
        Ok(undone)
    }
}
