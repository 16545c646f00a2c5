//! `usernameAvailable` and its three sisters: whether a new account could have this name or address.
//!
//! They tell strangers which names and addresses have accounts, as every sign-up form does that checks while one
//! types; hence a limit of their own, and a setting that switches them off.

use crate::config::accounts::AccountSettings;
use crate::core::client::Client;
use crate::core::identifier::{EmailAddress, Mobile, Nickname, Username};
use crate::db::{Db, DbError};
use crate::limits::Limiter;
use crate::outcome::Refusal;
use crate::verification::{Denied, refusals};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AvailabilityRefusal {
    #[error("switched off")]
    Off,
    #[error(transparent)]
    Denied(#[from] Denied),
}

refusals!(AvailabilityRefusal: Refusal, DbError);

/// Answers whether names and addresses are free. What could not be registered at all is not free.
#[derive(Clone)]
pub struct Availability {
    db: Db,
    limits: Limiter,
    settings: AccountSettings,
}

impl Availability {
    #[must_use]
    pub fn new(db: Db, limits: Limiter, settings: AccountSettings) -> Self {
        Self { db, limits, settings }
    }

    /// Whether a user name is free.
    ///
    /// # Errors
    /// [`AvailabilityRefusal`], here and below.
    pub async fn username(&self, text: &str, client: &Client) -> Result<bool, AvailabilityRefusal> {
        self.charge(client).await?;
        match Username::parse(text, &self.settings.reserved_names) {
            Ok(name) => Ok(self.db.find_user_by_username(name.key()).await?.is_none()),
            Err(_) => Ok(false),
        }
    }

    /// Whether a nickname is free.
    pub async fn nickname(&self, text: &str, client: &Client) -> Result<bool, AvailabilityRefusal> {
        self.charge(client).await?;
        match Nickname::parse(text, &self.settings.reserved_names) {
            Ok(name) => Ok(!self.db.nickname_exists(name.key()).await?),
            Err(_) => Ok(false),
        }
    }

    /// Whether no account has a mobile number.
    pub async fn mobile(&self, text: &str, client: &Client) -> Result<bool, AvailabilityRefusal> {
        self.charge(client).await?;
        match Mobile::parse(text, &self.settings.regions) {
            Ok(mobile) => Ok(self.db.find_user_by_mobile(mobile.e164()).await?.is_none()),
            Err(_) => Ok(false),
        }
    }

    /// Whether no account has an e-mail address.
    pub async fn email(&self, text: &str, client: &Client) -> Result<bool, AvailabilityRefusal> {
        self.charge(client).await?;
        match EmailAddress::parse(text) {
            Ok(email) => Ok(self.db.find_user_by_email(email.key()).await?.is_none()),
            Err(_) => Ok(false),
        }
    }

    async fn charge(&self, client: &Client) -> Result<(), AvailabilityRefusal> {
        if !self.settings.availability {
            return Err(AvailabilityRefusal::Off);
        }
        Ok(self.limits.availability(&client.network()).await?)
    }
}
