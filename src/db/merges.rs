//! Two accounts that were made one, and what is needed to take them apart again.

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

/// A merge that was made.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = schema::merges, check_for_backend(Pg, Sqlite))]
pub struct Merge {
    #[diesel(deserialize_as = Uid)]
    pub id: MergeId,
    #[diesel(deserialize_as = Uid)]
    pub kept_user_id: UserId,
    /// Has the status `merged`, until this is undone.
    #[diesel(deserialize_as = Uid)]
    pub merged_user_id: UserId,
    pub at: Ts,
    /// From then on the merged account is erased.
    pub undo_until: Ts,
    pub undone_at: Option<Ts>,
}

/// A merge to be made. No `Debug`: proofs are secret.
pub struct NewMerge<'a> {
    pub id: MergeId,
    pub kept: UserId,
    pub merged: UserId,
    /// The session on the kept account that asks for it; it must still stand.
    pub session: SessionId,
    /// How the owner proved the kept account again, where the session alone was not enough.
    pub kept_proven: Option<&'a Credential>,
    pub merged_proven: &'a Credential,
    pub at: Instant,
    pub undo_until: Instant,
    /// Tell the owners; the outbox is to be woken afterwards.
    pub notices: &'a [NewMessage],
}

/// What came of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    Done,
    /// Both accounts have a person of this provider: its owner must unlink one first.
    Conflict(String),
    /// An account may not be used any more, or a proof or the session does not hold any more.
    Lapsed,
}

/// What came of undoing a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undone {
    /// What was given back, and what was not because it is no longer where the merge put it: `mobile`, `email`,
    /// `password`, `roles`, which always come back, `identity` for each person of a provider.
    Done { returned: Vec<String>, stayed: Vec<String> },
    /// There is no such merge, it was undone before, or its time is over.
    Closed,
    /// The kept account has itself been merged into another since: that merge is to be undone first.
    MergedSince,
}

/// Closes the record of a merge: gets JSON, gives what is stored.
pub type Seal<'a> = &'a (dyn Fn(&str) -> Vec<u8> + Sync);
/// Opens the record of a merge: the inverse of [`Seal`].
pub type Unseal<'a> = &'a (dyn Fn(&[u8]) -> Result<String, String> + Sync);

/// What a merge moved from the merged account to the kept one. What the kept account had already stayed where it was.
#[derive(Default, Serialize, Deserialize)]
pub struct Moved {
    pub identities: Vec<IdentityId>,
    pub mobile: Option<String>,
    /// As written and as compared.
    pub email: Option<(String, String)>,
    pub password_hash: Option<String>,
    /// Those that the kept account did not have.
    pub roles: Roles,
}
