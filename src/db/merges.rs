//! Merges of two accounts, and what is needed to undo them.

use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use diesel::{Queryable, Selectable};
use serde::{Deserialize, Serialize};

use super::models::{Credential, NewMessage};
use super::schema;
use super::types::{Ts, Uid};
use crate::core::clock::Instant;
use crate::core::ids::{IdentityId, MergeId, SessionId, UserId};
use crate::core::roles::Roles;

/// A merge.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = schema::merges, check_for_backend(Pg, Sqlite))]
pub struct Merge {
    #[diesel(deserialize_as = Uid)]
    pub id: MergeId,
    #[diesel(deserialize_as = Uid)]
    pub kept_user_id: UserId,
    /// Has the status `merged` until the merge is undone.
    #[diesel(deserialize_as = Uid)]
    pub merged_user_id: UserId,
    pub at: Ts,
    /// When the merge becomes final and the data of the merged account is deleted.
    pub undo_until: Ts,
    pub undone_at: Option<Ts>,
}

/// A merge to be written. No `Debug`: credentials are secret.
pub struct NewMerge<'a> {
    pub id: MergeId,
    pub kept: UserId,
    pub merged: UserId,
    /// The session of the kept account that the request came with. It must be active.
    pub session: SessionId,
    /// The credential of the re-authentication, where the session alone was not enough.
    pub kept_credential: Option<&'a Credential>,
    pub merged_credential: &'a Credential,
    pub at: Instant,
    pub undo_until: Instant,
    /// Notices to the owners. The outbox must be woken afterwards.
    pub notices: &'a [NewMessage],
}

/// The result of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    Done,
    /// Both accounts have an identity at this provider. One of them must be unlinked first.
    Conflict(String),
}

/// The result of undoing a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undone {
    /// What was returned to the merged account, and what stayed because the kept account no longer has it: `mobile`,
    /// `email`, `password`, `roles` (always returned), and `identity` once per identity.
    Done { returned: Vec<String>, stayed: Vec<String> },
    /// There is no such merge, it was undone already, or it is final.
    NotPossible,
    /// The kept account has been merged into another one since. That merge must be undone first.
    MergedSince,
}

/// Seals the record of a merge: receives JSON, returns what is stored.
pub type Seal<'a> = &'a (dyn Fn(&str) -> Vec<u8> + Sync);
/// Opens the record of a merge: the inverse of [`Seal`].
pub type Unseal<'a> = &'a (dyn Fn(&[u8]) -> Result<String, String> + Sync);

/// What a merge moved from the merged account to the kept one: only what the kept account lacked.
#[derive(Default, Serialize, Deserialize)]
pub struct Moved {
    pub identities: Vec<IdentityId>,
    pub mobile: Option<String>,
    /// As written, and the key by which it is compared.
    pub email: Option<(String, String)>,
    pub password_hash: Option<String>,
    /// The roles that the kept account did not have.
    pub roles: Roles,
}
