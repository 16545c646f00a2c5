//! Linked identities.

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};

use crate::db::identities;

/// An identity at a provider that is linked to the account. The provider's user id is not exposed.
#[derive(SimpleObject)]
pub struct Identity {
    /// The provider's slug: `qq`.
    provider: String,
    /// The display name at the provider, as of the last sign-in.
    nickname: Option<String>,
    /// The URL of the picture at the provider, as of the last sign-in.
    avatar_url: Option<String>,
    /// When the identity was linked.
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
