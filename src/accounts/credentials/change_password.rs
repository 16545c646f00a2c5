//! `changePassword`: replaces or sets the password of a signed-in caller. Every other session is revoked.

use super::super::changes::{Change, Write};
use super::super::service::Accounts;
use super::new_password::{PasswordInput, own_words};
use super::reauthentication::ReauthenticationRefusal;
use crate::audit::Kind;
use crate::core::client::Client;
use crate::core::invalid_value::InvalidValue;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::db::changes::RevokeScope;
use crate::delivery::{Channel, NoticeTopic};
use crate::limits::ChangeKind;
use crate::outcome::FieldErrors;
use crate::sessions::Caller;

/// The input of `changePassword`.
pub struct ChangePasswordInput {
    /// Required where the account has a password.
    pub current: Option<SecretString>,
    pub new: PasswordInput,
}

impl Accounts {
    /// Changes the password and returns the number of other sessions that were revoked.
    #[tracing::instrument(skip_all, fields(user = %caller.user.id))]
    pub async fn change_password(
        &self,
        input: ChangePasswordInput,
        caller: &Caller,
        client: &Client,
    ) -> Result<usize, ReauthenticationRefusal> {
        let user = &caller.user;
        let mut errors = FieldErrors::new();
        let current = input.current.filter(|current| !current.expose_secret().is_empty());
        if user.password_hash.is_some() && current.is_none() {
            errors.add("currentPassword", InvalidValue::Empty);
        }
        // Nothing would change, but every other session would be revoked.
        let same = |current: &SecretString| current.expose_secret() == input.new.password.expose_secret();
        if user.password_hash.is_some() && current.as_ref().is_some_and(same) {
            errors.add("password", InvalidValue::SamePassword);
        }
        let password = input.new.parse(&self.policy, &own_words(user), &mut errors);
        let password = errors.finish(password)?;
        let authorization = match current.filter(|_| user.password_hash.is_some()) {
            Some(current) => self.reauthenticate_by_password(caller, current, client).await?,
            None => self.reauthenticate_by_fresh_session(caller)?,
        };
        self.kit.limits.account_change(ChangeKind::Password, &user.id.to_string()).await?;
        let hash = self.hasher.hash(password.as_password()).await?;
        let change = Change {
            user,
            authorization,
            kind: Kind::PasswordChanged,
            method: "owner",
            session: Some(caller.session.id),
            revokes: RevokeScope::AllBut(caller.session.id),
            notice: Some((Channel::Email, NoticeTopic::PasswordChanged)),
        };
        Ok(self.apply(change, Write::PasswordHash(&hash), client).await?.revoked_sessions)
    }
}
