//! Rows of identities at social providers.

use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use diesel::{Insertable, Queryable, Selectable};

use super::schema;
use super::types::{Ts, Uid};
use crate::core::ids::{IdentityId, UserId};

/// An identity at a social provider that is linked to an account. No `Debug`: it contains a contact and tokens.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = schema::identities, check_for_backend(Pg, Sqlite))]
pub struct Identity {
    #[diesel(deserialize_as = Uid)]
    pub id: IdentityId,
    #[diesel(deserialize_as = Uid)]
    pub user_id: UserId,
    /// The slug of the provider: `qq`, `github` …
    pub provider: String,
    /// The id at the provider: `openid`, `uid`, `sub`.
    pub subject: String,
    /// The id that all applications of one owner share; `None` where the provider does not send it.
    pub union_id: Option<String>,
    pub nickname: Option<String>,
    pub avatar_url: Option<String>,
    /// Only if the provider verified it.
    pub email: Option<String>,
    /// Sealed by the caller.
    pub tokens: Option<Vec<u8>>,
    pub linked_at: Ts,
    pub last_used_at: Ts,
}

/// An identity to be linked. The fields are those of [`Identity`].
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

/// What a provider sent at a later sign-in. It replaces the stored values, except for a union id that is missing now. The
/// fields are those of [`Identity`].
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

/// The result of unlinking a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlinked {
    Done,
    /// The account has no identity at the provider.
    NotLinked,
    /// Without the identity the owner could no longer sign in.
    LastSignInMethod,
}
