//! `changePassword`: another password, by somebody who is signed in. Every other session ends, this one goes on.

use super::me::Caller;
use super::new_password::{PasswordInput, own_words};
use super::notices::Notices;
use super::reauthentication::{Reauthentication, unproven};
use super::stale_codes;
use crate::audit::{Audit, Kind};
use crate::core::client::Client;
use crate::core::clock::Clock;
use crate::core::invalid_value::InvalidValue;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::db::changes::{AccountChange, Ends};
use crate::db::{Db, DbError};
use crate::delivery::{Channel, NoticeTopic};
use crate::limits::{ChangeKind, Limiter};
use crate::outcome::FieldError;
use crate::outcome::Refusal;
use crate::passwords::{Hasher, Policy};
use crate::verification::{Codes, Denied, refusals};

/// What the person filled in.
pub struct NewPasswordInput {
    /// Needed where the account has one.
    pub current: Option<SecretString>,
    pub new: PasswordInput,
}

/// Why the password stays.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordRefusal {
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error("the current password is wrong")]
    Rejected,
    /// The account has no password yet, and the session is not fresh.
    #[error("a fresh sign-in is asked for")]
    Required,
}

refusals!(ChangePasswordRefusal: Refusal, Vec<FieldError>, DbError);
unproven!(ChangePasswordRefusal);

/// Changes passwords.
#[derive(Clone)]
pub struct ChangePassword {
    pub db: Db,
    pub codes: Codes,
    pub limits: Limiter,
    pub hasher: Hasher,
    pub policy: Policy,
    pub reauthentication: Reauthentication,
    pub notices: Notices,
    pub audit: Audit,
    pub clock: Clock,
}

impl ChangePassword {
    /// Changes it; tells how many other sessions ended.
    ///
    /// # Errors
    /// [`ChangePasswordRefusal`].
    pub async fn run(
        &self,
        input: NewPasswordInput,
        caller: &Caller,
        client: &Client,
    ) -> Result<usize, ChangePasswordRefusal> {
        let user = &caller.user;
        let mut faults = Vec::new();
        let current = input.current.filter(|current| !current.expose_secret().is_empty());
        if user.password_hash.is_some() && current.is_none() {
            faults.push(FieldError::new("currentPassword", InvalidValue::Empty));
        }
        // Nothing would change, but every other session would end.
        let same = |current: &SecretString| current.expose_secret() == input.new.password.expose_secret();
        if user.password_hash.is_some() && current.as_ref().is_some_and(same) {
            faults.push(FieldError::new("password", InvalidValue::SamePassword));
        }
        let password = input.new.parse(&self.policy, &own_words(user), &mut faults);
        let Some(password) = password.filter(|_| faults.is_empty()) else {
            return Err(faults.into());
        };
        let right = match current.filter(|_| user.password_hash.is_some()) {
            Some(current) => self.reauthentication.by_password(caller, current, client).await?,
            None => self.reauthentication.by_fresh_session(caller)?,
        };
        self.limits.account_change(ChangeKind::Password, &user.id.to_string()).await?;
        let hash = self.hasher.hash(password.as_password()).await?;
        let event =
            self.audit.event(Kind::PasswordChanged, Some(user.id), Some(caller.session.id), "owner", client);
        let notice = self.notices.to(user, Channel::Email, NoticeTopic::PasswordChanged, client.language);
        let change = AccountChange {
            user: user.id,
            right,
            now: self.clock.now(),
            ends: Ends::AllBut(caller.session.id),
            reason: Kind::PasswordChanged.word(),
            event: &event,
            notice: notice.as_ref(),
        };
        let ended = self.db.replace_password(&change, &hash).await??;
        stale_codes::withdraw(&self.codes, user).await;
        self.notices.written();
        Ok(ended)
    }
}
