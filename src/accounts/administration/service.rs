//! `menjin users disable|enable|roles|revoke-sessions|delete`.

use crate::audit::{Audit, Kind};
use crate::config::accounts::AccountSettings;
use crate::core::clock::Clock;
use crate::core::identifier::LoginIdentifier;
use crate::core::ids::UserId;
use crate::core::random::Random;
use crate::core::roles::{InvalidRoles, Roles};
use crate::db::changes::StatusChange;
use crate::db::models::{Session, User};
use crate::db::types::AccountStatus;
use crate::db::{Db, WriteError};
use crate::outcome::Refusal;

/// A change of roles.
#[derive(Clone, Debug)]
pub enum RolesChange {
    /// Replaces all roles.
    Set(Roles),
    /// Removes some roles, then adds others.
    Adjust { add: Roles, remove: Roles },
}

/// Why roles were not changed.
#[derive(Debug, thiserror::Error)]
pub enum RolesError {
    #[error(transparent)]
    Roles(#[from] InvalidRoles),
    #[error("the roles are being changed by somebody else")]
    Contended,
    #[error(transparent)]
    Shared(#[from] Refusal),
}

/// What operators do to accounts on the command line. Cheap to clone.
#[derive(Clone)]
pub struct Administration {
    pub db: Db,
    pub audit: Audit,
    pub clock: Clock,
    pub random: Random,
    pub settings: AccountSettings,
}

/// How often roles are read again when a concurrent request changed them.
const ATTEMPTS: usize = 5;

impl Administration {
    /// Finds an account by id, user name, mobile number or e-mail address.
    #[tracing::instrument(skip_all)]
    pub async fn find(&self, who: &str) -> Result<Option<User>, Refusal> {
        if let Some(id) = UserId::parse(who.trim()) {
            return self.db.find_user(id).await;
        }
        match LoginIdentifier::parse(who, &self.settings.regions) {
            Some(identifier) => self.db.find_user_by_identifier(&identifier).await,
            None => Ok(None),
        }
    }

    /// Returns the active sessions of an account.
    #[tracing::instrument(skip_all, fields(user = %user))]
    pub async fn sessions(&self, user: UserId) -> Result<Vec<Session>, Refusal> {
        self.db.active_sessions(user, self.clock.now()).await
    }

    /// Disables an account and revokes its sessions.
    #[tracing::instrument(skip_all, fields(user = %user))]
    pub async fn disable(&self, user: UserId) -> Result<StatusChange, Refusal> {
        let event = self.audit.by_operator(Kind::UserDisabled, user, &[]);
        self.db.set_status(user, AccountStatus::Disabled, self.clock.now(), &event).await
    }

    /// Enables an account. Revoked sessions stay revoked.
    #[tracing::instrument(skip_all, fields(user = %user))]
    pub async fn enable(&self, user: UserId) -> Result<StatusChange, Refusal> {
        let event = self.audit.by_operator(Kind::UserEnabled, user, &[]);
        self.db.set_status(user, AccountStatus::Active, self.clock.now(), &event).await
    }

    /// Changes roles and returns the new ones. Tokens that were issued before keep the old ones until they expire.
    #[tracing::instrument(skip_all, fields(user = %user.id))]
    pub async fn change_roles(&self, user: &User, change: &RolesChange) -> Result<Roles, RolesError> {
        let mut user = user.clone();
        for _ in 0..ATTEMPTS {
            let old = &user.roles;
            let new = match change {
                RolesChange::Set(roles) => roles.clone(),
                RolesChange::Adjust { add, remove } => {
                    let roles = old.without(remove).with(add);
                    Roles::parse(roles.as_slice().iter().map(String::as_str))?
                }
            };
            if new == *old {
                return Ok(new);
            }
            let before_and_after = [("before", old.as_slice()), ("after", new.as_slice())];
            let event = self.audit.by_operator(Kind::RolesChanged, user.id, &before_and_after);
            let now = self.clock.now();
            let changed = self.db.set_roles(user.id, &user.roles, &new, now, &event).await;
            if WriteError::stale_as_none(changed)?.is_some() {
                return Ok(new);
            }
            user = self.db.find_user(user.id).await?.ok_or(RolesError::Contended)?;
        }
        Err(RolesError::Contended)
    }

    /// Revokes all sessions of an account and returns their number.
    #[tracing::instrument(skip_all, fields(user = %user))]
    pub async fn revoke_sessions(&self, user: UserId) -> Result<usize, Refusal> {
        let event = self.audit.by_operator(Kind::SessionsRevoked, user, &[]);
        Ok(self.db.revoke_sessions(user, None, "operator", self.clock.now(), &event).await?)
    }

    /// Deletes an account and its data at once; false when there is no such account.
    #[tracing::instrument(skip_all, fields(user = %user))]
    pub async fn delete(&self, user: UserId) -> Result<bool, Refusal> {
        let event = self.audit.by_operator(Kind::UserDeleted, user, &[]);
        self.db.delete_user(user, &event).await
    }
}
