//! `menjin users create`: an account that the operator makes.

use super::person::{Person, rename};
use crate::audit::{Audit, Kind};
use crate::config::accounts::AccountSettings;
use crate::core::clock::Clock;
use crate::core::identifier::{EmailAddress, Mobile, MobileFault, Nickname, Username};
use crate::core::ids::UserId;
use crate::core::invalid_value::InvalidValue;
use crate::core::random::Random;
use crate::core::roles::Roles;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::db::models::NewUser;
use crate::db::{Db, DbError, Taken};
use crate::outcome::FieldError;
use crate::outcome::Refusal;
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

/// Why there is no account.
#[derive(Debug, thiserror::Error)]
pub enum CreateFault {
    #[error("the input is bad")]
    Invalid(Vec<FieldError>),
    /// The field whose value belongs to another account.
    #[error("{0} is taken")]
    Taken(&'static str),
    #[error("a user name, a mobile number or an e-mail address is needed")]
    Nameless,
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Shared(#[from] Refusal),
}

/// Makes accounts for the operator.
#[derive(Clone)]
pub struct CreateUser {
    pub db: Db,
    pub hasher: Hasher,
    pub policy: Policy,
    pub audit: Audit,
    pub settings: AccountSettings,
    pub clock: Clock,
    pub random: Random,
}

/// How often a derived name is drawn again before we call it a fault.
const DRAWS: usize = 5;

impl CreateUser {
    /// Makes the account and tells its id and user name. Reserved names are given to whom the operator likes; all other
    /// rules hold.
    ///
    /// # Errors
    /// [`CreateFault`].
    pub async fn run(&self, input: NewAccount) -> Result<(UserId, String), CreateFault> {
        let (mut person, password) = self.parse(input)?;
        person.password_hash = Some(self.hasher.hash(password.as_password()).await?);
        let now = self.clock.now();
        let mut row = person.row(now, &self.random);
        for _ in 0..DRAWS {
            match self.write(&row).await {
                Ok(()) => return Ok((row.id, row.username)),
                Err(DbError::Taken(Taken::Username)) if person.username.is_none() => {
                    row = person.row(now, &self.random);
                }
                Err(DbError::Taken(Taken::Nickname)) if person.nickname.is_none() => {
                    rename(&mut row, &self.random);
                }
                Err(DbError::Taken(Taken::Username)) => return Err(CreateFault::Taken("username")),
                Err(DbError::Taken(Taken::Nickname)) => return Err(CreateFault::Taken("nickname")),
                Err(DbError::Taken(Taken::Mobile)) => return Err(CreateFault::Taken("mobile")),
                Err(DbError::Taken(Taken::Email)) => return Err(CreateFault::Taken("email")),
                Err(error) => return Err(error.into()),
            }
        }
        Err(DbError::Fault("no free name was drawn".into()).into())
    }

    /// Looks at the input alone: nothing is written, and nothing read.
    ///
    /// # Errors
    /// [`CreateFault::Invalid`] and [`CreateFault::Nameless`].
    pub fn check(&self, input: NewAccount) -> Result<(), CreateFault> {
        self.parse(input).map(drop)
    }

    async fn write(&self, row: &NewUser) -> Result<(), DbError> {
        let event = self.audit.by_operator(Kind::UserCreated, row.id, &[]);
        self.db.add_user(row, &event).await
    }

    fn parse(&self, input: NewAccount) -> Result<(Person, NewPassword), CreateFault> {
        let mut faults = Vec::new();
        let mut note = |path: &str, fault: InvalidValue| faults.push(FieldError::new(path, fault));
        let username = input.username.map(|text| Username::parse_any(&text));
        let username = username.and_then(|name| name.map_err(|fault| note("username", fault)).ok());
        let nickname = input.nickname.map(|text| Nickname::parse_any(&text));
        let nickname = nickname.and_then(|name| name.map_err(|fault| note("nickname", fault)).ok());
        let mobile = input.mobile.map(|text| Mobile::parse(&text, &self.settings.regions));
        let mobile = mobile.and_then(|mobile| {
            mobile
                .map_err(|fault| match fault {
                    MobileFault::Invalid => note("mobile", InvalidValue::NotAMobile),
                    MobileFault::NotSupported => note("mobile", InvalidValue::RegionNotSupported),
                })
                .ok()
        });
        let email = input.email.map(|text| EmailAddress::parse(&text));
        let email = email.and_then(|email| email.map_err(|fault| note("email", fault)).ok());
        let own_words: Vec<&str> = [
            username.as_ref().map(Username::as_str),
            nickname.as_ref().map(Nickname::as_str),
            mobile.as_ref().map(Mobile::national),
            email.as_ref().map(EmailAddress::local_part),
        ]
        .into_iter()
        .flatten()
        .collect();
        let password = NewPassword::parse(input.password.expose_secret(), &self.policy, &own_words);
        let password = password.map_err(|fault| note("password", fault)).ok();
        let Some(password) = password.filter(|_| faults.is_empty()) else {
            return Err(CreateFault::Invalid(faults));
        };
        if username.is_none() && mobile.is_none() && email.is_none() {
            return Err(CreateFault::Nameless);
        }
        let person = Person {
            username,
            nickname,
            mobile,
            email,
            password_hash: None,
            roles: input.roles,
            disabled: false,
            created_at: self.clock.now(),
        };
        Ok((person, password))
    }
}
