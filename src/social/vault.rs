//! Builds rows of identities with encrypted provider tokens.

use super::provider::Profile;
use super::tickets::{KeptTokens, PendingIdentity};
use crate::core::clock::Clock;
use crate::core::ids::{IdentityId, UserId};
use crate::core::random::Random;
use crate::core::secret::{MasterKey, Sealer};
use crate::db::identities::{IdentityUpdate, NewIdentity};

/// Builds rows. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    sealer: Sealer,
    clock: Clock,
    random: Random,
}

impl Vault {
    #[must_use]
    pub fn new(master: &MasterKey, clock: Clock, random: Random) -> Self {
        Self { sealer: master.sealer("identities"), clock, random }
    }

    /// Builds the row of an identity that will be linked to `user`.
    pub(super) fn bound(&self, identity: &PendingIdentity, user: UserId) -> NewIdentity {
        let (id, now) = (IdentityId::new(&self.clock, &self.random), self.clock.now());
        NewIdentity {
            id,
            user_id: user,
            provider: identity.provider.clone(),
            subject: identity.subject.clone(),
            union_id: identity.union_id.clone(),
            nickname: identity.nickname.clone(),
            avatar_url: identity.avatar_url.clone(),
            email: identity.email.clone(),
            tokens: Some(self.seal(id, &identity.tokens)),
            linked_at: now.into(),
            last_used_at: now.into(),
        }
    }

    /// Builds the row of an identity for a signed-in user.
    pub(super) fn linked(&self, provider: &str, profile: &Profile, user: UserId) -> NewIdentity {
        let (id, now) = (IdentityId::new(&self.clock, &self.random), self.clock.now());
        NewIdentity {
            id,
            user_id: user,
            provider: provider.to_owned(),
            subject: profile.subject.clone(),
            union_id: profile.union_id.clone(),
            nickname: profile.nickname.clone(),
            avatar_url: profile.avatar_url.clone(),
            email: profile.email.clone(),
            tokens: Some(self.seal(id, &KeptTokens::new(&profile.tokens, now))),
            linked_at: now.into(),
            last_used_at: now.into(),
        }
    }

    /// Builds the update of an identity after a later sign-in.
    pub(super) fn update(&self, id: IdentityId, profile: &Profile) -> IdentityUpdate {
        let now = self.clock.now();
        IdentityUpdate {
            subject: profile.subject.clone(),
            union_id: profile.union_id.clone(),
            nickname: profile.nickname.clone(),
            avatar_url: profile.avatar_url.clone(),
            email: profile.email.clone(),
            tokens: Some(self.seal(id, &KeptTokens::new(&profile.tokens, now))),
            last_used_at: now.into(),
        }
    }

    fn seal(&self, id: IdentityId, tokens: &KeptTokens) -> Vec<u8> {
        let plain =
            zeroize::Zeroizing::new(serde_json::to_vec(tokens).expect("texts always have a JSON form"));
        self.sealer.seal(&self.random, &format!("identities.tokens.{id}"), &plain)
    }
}
