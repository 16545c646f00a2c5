//! `usernameAvailable`, `nicknameAvailable`, `mobileAvailable` and `emailAvailable`: whether a new account could have a
//! name or contact.
//!
//! They disclose to strangers which names and contacts have accounts, as every sign-up form does that checks while people
//! type. Therefore they have a limit of their own, and a setting that turns them off. A value that could not be
//! registered is not available.

use super::super::service::Accounts;
use crate::core::client::Client;
use crate::core::contact::Contact;
use crate::core::identifier::{EmailAddress, Mobile, Nickname, Username};
use crate::outcome::Refusal;

/// Why a query for availability was refused.
#[derive(Debug, thiserror::Error)]
pub enum AvailabilityRefusal {
    #[error("availability queries are turned off")]
    TurnedOff,
    #[error(transparent)]
    Shared(#[from] Refusal),
}

impl Accounts {
    /// Whether a user name is available.
    #[tracing::instrument(skip_all)]
    pub async fn username_available(&self, text: &str, client: &Client) -> Result<bool, AvailabilityRefusal> {
        self.charge_availability(client).await?;
        match Username::parse(text, &self.settings.reserved_names) {
            Ok(name) => Ok(self.kit.db.find_user_by_username(name.key()).await?.is_none()),
            Err(_) => Ok(false),
        }
    }

    /// Whether a nickname is available.
    #[tracing::instrument(skip_all)]
    pub async fn nickname_available(&self, text: &str, client: &Client) -> Result<bool, AvailabilityRefusal> {
        self.charge_availability(client).await?;
        match Nickname::parse(text, &self.settings.reserved_names) {
            Ok(name) => Ok(!self.kit.db.nickname_exists(name.key()).await?),
            Err(_) => Ok(false),
        }
    }

    /// Whether no account has a mobile number.
    #[tracing::instrument(skip_all)]
    pub async fn mobile_available(&self, text: &str, client: &Client) -> Result<bool, AvailabilityRefusal> {
        self.charge_availability(client).await?;
        match Mobile::parse(text, &self.settings.regions) {
            Ok(mobile) => Ok(self.kit.db.find_user_by_contact(&Contact::Mobile(mobile)).await?.is_none()),
            Err(_) => Ok(false),
        }
    }

    /// Whether no account has an e-mail address.
    #[tracing::instrument(skip_all)]
    pub async fn email_available(&self, text: &str, client: &Client) -> Result<bool, AvailabilityRefusal> {
        self.charge_availability(client).await?;
        match EmailAddress::parse(text) {
            Ok(email) => Ok(self.kit.db.find_user_by_contact(&Contact::Email(email)).await?.is_none()),
            Err(_) => Ok(false),
        }
    }

    async fn charge_availability(&self, client: &Client) -> Result<(), AvailabilityRefusal> {
        if !self.settings.availability {
            return Err(AvailabilityRefusal::TurnedOff);
        }
        Ok(self.kit.limits.availability(&client.network()).await?)
    }
}
