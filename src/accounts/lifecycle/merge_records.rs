//! The sealed record of a merge. It contains contacts and the password hash of the merged account.

use crate::core::ids::MergeId;
use crate::core::random::Random;
use crate::core::secret::{MasterKey, Sealer};

/// Seals and opens records of merges.
#[derive(Clone)]
pub struct MergeRecords {
    sealer: Sealer,
    random: Random,
}

impl MergeRecords {
    #[must_use]
    pub fn new(master: &MasterKey, random: Random) -> Self {
        Self { sealer: master.sealer("merges"), random }
    }

    /// Seals the record of a merge.
    #[must_use]
    pub fn seal(&self, id: MergeId, record: &str) -> Vec<u8> {
        self.sealer.seal(&self.random, &place(id), record.as_bytes())
    }

    /// Opens a sealed record.
    ///
    /// # Errors
    /// A text for the operator: the record was sealed with another master key, belongs to another merge, or is damaged.
    pub fn open(&self, id: MergeId, sealed: &[u8]) -> Result<String, String> {
        let record = self.sealer.open(&place(id), sealed).map_err(|error| error.to_string())?;
        String::from_utf8(record.to_vec()).map_err(|_| "the record of the merge is no text".into())
    }
}

fn place(id: MergeId) -> String {
    format!("merges.record.{id}")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_record_opens_only_for_its_own_merge() {
        let random = Random::seeded(3);
        let records = MergeRecords::new(&MasterKey::generate(&random), random.clone());
        let (id, other) = (MergeId(Uuid::from_u128(1)), MergeId(Uuid::from_u128(2)));
        let sealed = records.seal(id, "{}");
        assert_eq!(records.open(id, &sealed).as_deref(), Ok("{}"));
        assert!(records.open(other, &sealed).is_err());
        let strange = MergeRecords::new(&MasterKey::generate(&random), random);
        assert!(strange.open(id, &sealed).is_err());
    }
}
