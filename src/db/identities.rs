//! Rows of people as social providers know them.

use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use diesel::{Insertable, Queryable, Selectable};

use super::schema;
use super::types::{Ts, Uid};
use crate::core::ids::{IdentityId, UserId};

/// A person of a social provider, bound to an account. No `Debug`: it holds an address and tokens.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = schema::identities, check_for_backend(Pg, Sqlite))]
pub struct Identity {
    #[diesel(deserialize_as = Uid)]
    pub id: IdentityId,
    #[diesel(deserialize_as = Uid)]
    pub user_id: UserId,
    /// The word of the provider: `qq`, `github` …
    pub provider: String,
    /// Who the person is at the provider: openid, uid, sub.
    pub subject: String,
    /// The same person in all applications of one owner; `None` where the provider withholds it.
    pub union_id: Option<String>,
    pub nickname: Option<String>,
    pub avatar_url: Option<String>,
    /// Only where the provider attests it.
    pub email: Option<String>,
    /// Sealed by the caller.
    pub tokens: Option<Vec<u8>>,
    pub linked_at: Ts,
    pub last_used_at: Ts,
}

/// A person of a social provider, to be bound. The fields are those of [`Identity`].
#[derive(Clone, Insertable)]
#[diesel(table_name = schema::identities)]
pub struct NewIdentity {
    #[diesel(serialize_as = Uid)]
    pub id: IdentityId,
    #[diesel(serialize_as = Uid)]
    pub user_id: UserId,
    pub provider: String,
    pub subject: String,
    pub union_id: Option<String>,
    pub nickname: Option<String>,
    pub avatar_url: Option<String>,
    pub email: Option<String>,
    pub tokens: Option<Vec<u8>>,
    #[diesel(serialize_as = Ts)]
    pub linked_at: Ts,
    #[diesel(serialize_as = Ts)]
    pub last_used_at: Ts,
}

/// What a provider tells at a later sign-in; it takes the place of what was known, but for a union id that is withheld
/// now. The fields are those of [`Identity`].
#[derive(Clone)]
pub struct IdentityUpdate {
    pub subject: String,
    pub union_id: Option<String>,
    pub nickname: Option<String>,
    pub avatar_url: Option<String>,
    pub email: Option<String>,
    pub tokens: Option<Vec<u8>>,
    pub last_used_at: Ts,
}

/// What became of the wish to unbind a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlinked {
    Done,
    /// The account has no person of that provider.
    Absent,
    /// Without it, its owner could not sign in any more.
    LastWayIn,
    /// The session that asked for it does not stand any more.
    Ended,
}
