//! A new password, as typed.

use crate::core::invalid_value::InvalidValue;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::db::models::User;
use crate::outcome::FieldErrors;
use crate::passwords::{NewPassword, Policy};

/// A password and its confirmation, as typed.
pub struct PasswordInput {
    pub password: SecretString,
    /// Must match the password where it is given.
    pub confirm: Option<SecretString>,
}

impl PasswordInput {
    /// Checks both and notes every error.
    pub fn parse(
        &self,
        policy: &Policy,
        own_words: &[String],
        errors: &mut FieldErrors,
    ) -> Option<NewPassword> {
        let words: Vec<&str> = own_words.iter().map(String::as_str).collect();
        let parsed = NewPassword::parse(self.password.expose_secret(), policy, &words);
        let parsed = errors.note("password", parsed);
        let differs = |again: &SecretString| again.expose_secret() != self.password.expose_secret();
        if self.confirm.as_ref().is_some_and(differs) {
            errors.add("passwordConfirm", InvalidValue::Mismatch);
        }
        parsed
    }
}

/// Returns the names and contacts of a user, which a password must not consist of.
pub(super) fn own_words(user: &User) -> Vec<String> {
    let mut words = vec![user.username.clone(), user.nickname.clone()];
    words.extend(user.contacts().to_vec().iter().map(|contact| contact.personal_part().to_owned()));
    words
}
