//! Opening a session: the row to be written and the token to be handed out.

use chrono::TimeDelta;

use super::access::{AccessToken, AccessTokens, TokenFault};
use super::refresh::{Presented, RefreshTokens, Standing};
use crate::config::sessions::SessionSettings;
use crate::core::client::Client;
use crate::core::clock::{Clock, Instant};
use crate::core::ids::{SessionId, UserId};
use crate::core::random::Random;
use crate::core::secret::{ExposeSecret as _, SecretString, sha256};
use crate::db::models::Session;

/// How a person proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Password,
    SmsCode,
    EmailCode,
    /// A social provider said so.
    Provider,
}

impl Method {
    /// The word in the database and in the audit log; those of sessions that a provider opened name it besides.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::SmsCode => "sms_code",
            Self::EmailCode => "email_code",
            Self::Provider => "provider",
        }
    }
}

/// A session to be written, in the transaction of its cause, and the device cookie to set where the browser had none.
pub struct Opened {
    pub row: Session,
    pub new_device: Option<SecretString>,
}

/// Makes sessions.
#[derive(Clone)]
pub struct Sessions {
    access: AccessTokens,
    refresh: RefreshTokens,
    clock: Clock,
    random: Random,
    settings: SessionSettings,
}

impl Sessions {
    #[must_use]
    pub fn new(
        access: AccessTokens,
        refresh: RefreshTokens,
        clock: Clock,
        random: Random,
        settings: SessionSettings,
    ) -> Self {
        Self { access, refresh, clock, random, settings }
    }

    /// A session of `user` on the caller's device. Nothing is written yet.
    #[must_use]
    pub fn open(&self, user: UserId, method: Method, remember: bool, client: &Client) -> Opened {
        let now = self.clock.now();
        let absolute = if remember { self.settings.remember_absolute } else { self.settings.absolute };
        let absolute = now + TimeDelta::from_std(absolute).unwrap_or_default();
        let idle = self.idle_end(remember, absolute);
        let new_device = client.device.is_none().then(|| SecretString::from(self.random.token()));
        let device_digest = match &new_device {
            Some(device) => Some(sha256(device.expose_secret().as_bytes()).to_vec()),
            None => client.device_digest(),
        };
        let row = Session {
            id: SessionId::new(&self.clock, &self.random),
            user_id: user,
            method: method.word().into(),
            remember,
            device_digest,
            user_agent: client.user_agent.clone(),
            address: Some(client.address.to_canonical().to_string()),
            created_at: now.into(),
            last_used_at: now.into(),
            idle_expires_at: idle.into(),
            expires_at: absolute.into(),
            revoked_at: None,
            refresh_salt: Some(self.random.bytes::<32>().to_vec()),
            refresh_generation: 0,
            end_reason: None,
        };
        Opened { row, new_device }
    }

    /// The access token of a session.
    ///
    /// # Errors
    /// [`TokenFault`] when signing fails: a fault of ours.
    pub fn access_token(&self, session: &Session, roles: Vec<String>) -> Result<AccessToken, TokenFault> {
        self.access.issue(session.user_id, session.id, roles)
    }

    /// Until when a session lasts that is used now.
    #[must_use]
    pub fn idle_end(&self, remember: bool, absolute: Instant) -> Instant {
        let idle = if remember { self.settings.remember_idle } else { self.settings.idle };
        (self.clock.now() + TimeDelta::from_std(idle).unwrap_or_default()).min(absolute)
    }

    /// The newest refresh token of a session.
    #[must_use]
    pub fn refresh_token(&self, session: &Session) -> Option<SecretString> {
        self.refresh.token(session, session.refresh_generation)
    }

    /// What a refresh token is to `session`; `None` when we never made it.
    #[must_use]
    pub fn standing(&self, presented: &Presented, session: &Session) -> Option<Standing> {
        self.refresh.standing(presented, session)
    }

    /// Whether the session has neither ended nor been ended.
    #[must_use]
    pub fn is_live(&self, session: &Session) -> bool {
        let now = self.clock.now();
        session.revoked_at.is_none() && now < session.idle_expires_at.0 && now < session.expires_at.0
    }
}
