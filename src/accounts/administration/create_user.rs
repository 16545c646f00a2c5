//! `menjin users create`: creates an account on behalf of an operator.

use super::service::Administration;
use super::unverified_account::{UnverifiedAccount, rename};
use crate::audit::Kind;
use crate::core::identifier::{EmailAddress, Mobile, Nickname, Username};
use crate::core::ids::UserId;
use crate::core::invalid_value::InvalidValue;
use crate::core::roles::Roles;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::db::models::NewUser;
use crate::db::types::AccountStatus;
use crate::db::{Taken, WriteError};
use crate::outcome::{FieldErrors, Refusal};
use crate::passwords::{Hasher, NewPassword, Policy};

/// What the operator typed.
pub struct NewAccount {
    pub username: Option<String>,
    pub nickname: Option<String>,
    pub mobile: Option<String>,
    pub email: Option<String>,
    pub password: SecretString,
    pub roles: Roles,
}

/// Why no account was created.
#[derive(Debug, thiserror::Error)]
pub enum CreateUserRefusal {
    /// The field whose value is already in use.
    #[error("{0} is already in use")]
    IdentifierTaken(&'static str),
    #[error("a user name, a mobile number or an e-mail address is required")]
    NoIdentifier,
    #[error(transparent)]
    Shared(#[from] Refusal),
}

/// How many generated names are tried.
const NAME_ATTEMPTS: usize = 5;

impl Administration {
    /// Creates the account and returns its id and user name. Operators may use reserved names; all other rules apply.
    #[tracing::instrument(skip_all)]
    pub async fn create_user(
        &self,
        input: NewAccount,
        policy: &Policy,
        hasher: &Hasher,
    ) -> Result<(UserId, String), CreateUserRefusal> {
        let (mut account, password) = self.parse_new_account(input, policy)?;
        account.password_hash = Some(hasher.hash(password.as_password()).await?);
        let now = self.clock.now();
        let mut row = account.row(now, &self.random);
        for _ in 0..NAME_ATTEMPTS {
            match self.add_user(&row).await {
                Ok(()) => return Ok((row.id, row.username)),
                Err(WriteError::Taken(Taken::Username)) if account.username.is_none() => {
                    row = account.row(now, &self.random);
                }
                Err(WriteError::Taken(Taken::Nickname)) if account.nickname.is_none() => {
                    rename(&mut row, &self.random);
                }
                Err(WriteError::Taken(Taken::Username)) => {
                    return Err(CreateUserRefusal::IdentifierTaken("username"));
                }
                Err(WriteError::Taken(Taken::Nickname)) => {
                    return Err(CreateUserRefusal::IdentifierTaken("nickname"));
                }
                Err(WriteError::Taken(Taken::Mobile)) => {
                    return Err(CreateUserRefusal::IdentifierTaken("mobile"));
                }
                Err(WriteError::Taken(Taken::Email)) => {
                    return Err(CreateUserRefusal::IdentifierTaken("email"));
                }
                Err(error) => return Err(Refusal::from(error).into()),
            }
        }
        Err(Refusal::Internal("no unused name was generated".into()).into())
    }

    /// Checks the input without writing anything.
    pub fn check_new_account(&self, input: NewAccount, policy: &Policy) -> Result<(), CreateUserRefusal> {
        self.parse_new_account(input, policy).map(drop)
    }

    async fn add_user(&self, row: &NewUser) -> Result<(), WriteError> {
        let event = self.audit.by_operator(Kind::UserCreated, row.id, &[]);
        self.db.add_user(row, &event).await
    }

    fn parse_new_account(
        &self,
        input: NewAccount,
        policy: &Policy,
    ) -> Result<(UnverifiedAccount, NewPassword), CreateUserRefusal> {
        let mut errors = FieldErrors::new();
        let username = input.username.map(|text| Username::parse_any(&text));
        let username = errors.note_optional("username", username);
        let nickname = input.nickname.map(|text| Nickname::parse_any(&text));
        let nickname = errors.note_optional("nickname", nickname);
        let mobile = input.mobile.map(|text| Mobile::parse(&text, &self.settings.regions));
        let mobile = mobile.map(|mobile| mobile.map_err(InvalidValue::from));
        let mobile = errors.note_optional("mobile", mobile);
        let email = input.email.map(|text| EmailAddress::parse(&text));
        let email = errors.note_optional("email", email);
        let own_words: Vec<&str> = [
            username.as_ref().map(Username::as_str),
            nickname.as_ref().map(Nickname::as_str),
            mobile.as_ref().map(Mobile::national),
            email.as_ref().map(EmailAddress::local_part),
        ]
        .into_iter()
        .flatten()
        .collect();
        let password = NewPassword::parse(input.password.expose_secret(), policy, &own_words);
        let password = errors.note("password", password);
        let password = errors.finish(password)?;
        if username.is_none() && mobile.is_none() && email.is_none() {
            return Err(CreateUserRefusal::NoIdentifier);
        }
        let account = UnverifiedAccount {
            username,
            nickname,
            mobile,
            email,
            password_hash: None,
            roles: input.roles,
            status: AccountStatus::Active,
            created_at: self.clock.now(),
        };
        Ok((account, password))
    }
}
