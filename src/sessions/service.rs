//! The sessions feature: what it is built from, and how it builds and reads the rows of sessions.

use chrono::TimeDelta;

use super::access::AccessTokens;
use super::refresh::{Presented, RefreshTokens, Standing};
use crate::config::sessions::SessionSettings;
use crate::config::token_claims::TokenClaimSettings;
use crate::core::client::Client;
use crate::core::clock::Instant;
use crate::core::ids::{SessionId, UserId};
use crate::core::secret::{ExposeSecret as _, SecretString, sha256};
use crate::db::models::Session;
use crate::db::types::SessionMethod;
use crate::kit::Kit;
use crate::webhooks::TokenHook;

/// A session to be inserted in the caller's transaction.
pub(super) struct NewSession {
    pub(super) row: Session,
    /// The device cookie to set, where the browser had none.
    pub(super) new_device: Option<SecretString>,
}

/// Sessions and their tokens. Cheap to clone.
#[derive(Clone)]
pub struct Sessions {
    pub(super) kit: Kit,
    pub(super) access: AccessTokens,
    refresh: RefreshTokens,
    settings: SessionSettings,
    pub(super) claims: TokenClaimSettings,
    pub(super) hook: Option<TokenHook>,
}

impl Sessions {
    /// Builds the feature.
    #[must_use]
    pub fn new(
        kit: &Kit,
        access: AccessTokens,
        settings: SessionSettings,
        claims: TokenClaimSettings,
        hook: Option<TokenHook>,
    ) -> Self {
        Self { kit: kit.clone(), access, refresh: RefreshTokens::new(&kit.master), settings, claims, hook }
    }

    /// Builds a session of `user` on the client's device. Nothing is written.
    pub(super) fn new_session(
        &self,
        user: UserId,
        method: SessionMethod,
        remember: bool,
        client: &Client,
    ) -> NewSession {
        let now = self.kit.clock.now();
        let absolute = if remember { self.settings.remember_absolute } else { self.settings.absolute };
        let absolute = now + TimeDelta::from_std(absolute).unwrap_or_default();
        let idle = self.idle_end(remember, absolute);
        let new_device = client.device.is_none().then(|| SecretString::from(self.kit.random.token()));
        let device_digest = match &new_device {
            Some(device) => Some(sha256(device.expose_secret().as_bytes()).to_vec()),
            None => client.device_digest(),
        };
        let row = Session {
            id: SessionId::new(&self.kit.clock, &self.kit.random),
            user_id: user,
            method,
            remember,
            device_digest,
            user_agent: client.user_agent.clone(),
            address: Some(client.address.to_canonical().to_string()),
            created_at: now.into(),
            last_used_at: now.into(),
            idle_expires_at: idle.into(),
            expires_at: absolute.into(),
            revoked_at: None,
            refresh_salt: Some(self.kit.random.bytes::<32>().to_vec()),
            refresh_generation: 0,
            end_reason: None,
        };
        NewSession { row, new_device }
    }

    /// Returns when a session that is used now expires if it is not used again.
    pub(super) fn idle_end(&self, remember: bool, absolute: Instant) -> Instant {
        let idle = if remember { self.settings.remember_idle } else { self.settings.idle };
        (self.kit.clock.now() + TimeDelta::from_std(idle).unwrap_or_default()).min(absolute)
    }

    /// Returns the newest refresh token of a session.
    pub(super) fn refresh_token(&self, session: &Session) -> Option<SecretString> {
        self.refresh.token(session, session.refresh_generation)
    }

    /// Compares a refresh token with `session`; `None` when it was never issued.
    pub(super) fn standing(&self, presented: &Presented, session: &Session) -> Option<Standing> {
        self.refresh.standing(presented, session)
    }

    /// Whether the session is active: neither expired nor revoked.
    pub(super) fn is_active(&self, session: &Session) -> bool {
        let now = self.kit.clock.now();
        session.revoked_at.is_none() && now < session.idle_expires_at.0 && now < session.expires_at.0
    }
}
