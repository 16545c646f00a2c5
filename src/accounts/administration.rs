//! What the operator does to accounts that are there: `menjin users disable|enable|roles|revoke-sessions|delete`.

use crate::audit::{Audit, Kind};
use crate::core::clock::Clock;
use crate::core::identifier::{Account, Region};
use crate::core::ids::UserId;
use crate::core::roles::{Roles, RolesFault};
use crate::db::models::{Session, User};
use crate::db::{Db, DbError};

/// A change to roles: what is taken away, then what is added, or what they are from now on.
#[derive(Clone, Debug)]
pub enum RolesChange {
    Set(Roles),
    Adjust { add: Roles, remove: Roles },
}

/// Why roles were not changed.
#[derive(Debug, thiserror::Error)]
pub enum RolesError {
    #[error(transparent)]
    Roles(#[from] RolesFault),
    #[error("the roles are being changed by somebody else")]
    Contended,
    #[error(transparent)]
    Db(#[from] DbError),
}

/// The operator's hands. Cheap to clone.
#[derive(Clone)]
pub struct Administration {
    pub db: Db,
    pub audit: Audit,
    pub regions: Vec<Region>,
    pub clock: Clock,
}

/// How often roles are read again that changed in between.
const TRIES: usize = 5;

impl Administration {
    /// Finds an account by id, user name, mobile number or e-mail address.
    ///
    /// # Errors
    /// [`DbError`], here and below.
    pub async fn find(&self, who: &str) -> Result<Option<User>, DbError> {
        if let Some(id) = UserId::parse(who.trim()) {
            return self.db.find_user(id).await;
        }
        match Account::parse(who, &self.regions) {
            Some(Account::Username(key)) => self.db.find_user_by_username(&key).await,
            Some(Account::Mobile(mobile)) => self.db.find_user_by_mobile(&mobile).await,
            Some(Account::Email(key)) => self.db.find_user_by_email(&key).await,
            None => Ok(None),
        }
    }

    /// The sessions of an account that stand.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn sessions(&self, user: UserId) -> Result<Vec<Session>, DbError> {
        self.db.live_sessions(user, self.clock.now()).await
    }

    /// Takes away the use of an account and ends its sessions at once; tells how many there were, or `None` when it
    /// was disabled before.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn disable(&self, user: UserId) -> Result<Option<usize>, DbError> {
        let event = self.audit.by_operator(Kind::UserDisabled, user, &[]);
        self.db.set_status(user, "disabled", self.clock.now(), &event).await
    }

    /// Gives back the use of an account; false when it was enabled before. No session comes back to life.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn enable(&self, user: UserId) -> Result<bool, DbError> {
        let event = self.audit.by_operator(Kind::UserEnabled, user, &[]);
        Ok(self.db.set_status(user, "active", self.clock.now(), &event).await?.is_some())
    }

    /// Changes roles and tells what they are now. Tokens that are out keep theirs until they expire.
    ///
    /// # Errors
    /// [`RolesError`].
    pub async fn change_roles(&self, user: &User, change: &RolesChange) -> Result<Roles, RolesError> {
        let mut user = user.clone();
        for _ in 0..TRIES {
            let old = user.roles();
            let new = match change {
                RolesChange::Set(roles) => roles.clone(),
                RolesChange::Adjust { add, remove } => {
                    let kept = old.iter().filter(|role| !remove.as_slice().contains(role));
                    Roles::parse(kept.chain(add.as_slice()).map(String::as_str))?
                }
            };
            if new.as_slice() == old {
                return Ok(new);
            }
            let before_and_after = [("before", old.as_slice()), ("after", new.as_slice())];
            let event = self.audit.by_operator(Kind::RolesChanged, user.id, &before_and_after);
            let now = self.clock.now();
            if self.db.set_roles(user.id, &user.roles, &new.to_json(), now, &event).await? {
                return Ok(new);
            }
            user = self.db.find_user(user.id).await?.ok_or(RolesError::Contended)?;
        }
        Err(RolesError::Contended)
    }

    /// Ends all sessions of an account and tells how many there were.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn revoke_sessions(&self, user: UserId) -> Result<usize, DbError> {
        let event = self.audit.by_operator(Kind::SessionsRevoked, user, &[]);
        let ended = self.db.revoke_sessions(user, None, "operator", self.clock.now(), &event).await?;
        Ok(ended.unwrap_or_default())
    }

    /// Erases an account at once, as the end of the grace of `deleteAccount` does. False when it is gone already.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn delete(&self, user: UserId) -> Result<bool, DbError> {
        let event = self.audit.by_operator(Kind::UserDeleted, user, &[]);
        self.db.delete_user(user, &event).await
    }
}
