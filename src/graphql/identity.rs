//! Who a person is elsewhere.

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};

use crate::db::identities;

/// A person of a social provider who is bound to the account. What the provider calls them inside stays here.
#[derive(SimpleObject)]
pub struct Identity {
    /// The provider's slug: `qq`.
    provider: String,
    /// The name there, as of the last sign-in.
    nickname: Option<String>,
    /// Where the picture there is, as of the last sign-in.
    avatar_url: Option<String>,
    /// When it was bound.
    linked_at: DateTime<Utc>,
}

impl From<identities::Identity> for Identity {
    fn from(identity: identities::Identity) -> Self {
        Self {
            provider: identity.provider,
            nickname: identity.nickname,
            avatar_url: identity.avatar_url,
            linked_at: identity.linked_at.0,
        }
    }
}
