//! Services that authenticate by a name and a secret from the settings.

use std::sync::Arc;

use subtle::{Choice, ConstantTimeEq as _};

use crate::config::services::ServiceClient;
use crate::core::client::Client;
use crate::core::secret::{ExposeSecret as _, SecretString, sha256};
use crate::limits::Limiter;
use crate::outcome::Refusal;

/// Why a service is not authenticated.
#[derive(Debug, thiserror::Error)]
pub enum ClientRefusal {
    /// The name is unknown or the secret is wrong.
    #[error("unknown client or wrong secret")]
    WrongCredentials,
    #[error(transparent)]
    Shared(#[from] Refusal),
}

/// The services that may introspect tokens. Cheap to clone.
#[derive(Clone)]
pub struct ServiceClients {
    clients: Arc<[ServiceClient]>,
    limits: Limiter,
}

impl ServiceClients {
    /// `limits` may count in this process only: services must go on while Redis is unavailable.
    #[must_use]
    pub fn new(clients: &[ServiceClient], limits: Limiter) -> Self {
        Self { clients: clients.into(), limits }
    }

    /// Checks that `secret` belongs to the service `name`.
    pub async fn authenticate(
        &self,
        name: &str,
        secret: &SecretString,
        client: &Client,
    ) -> Result<(), ClientRefusal> {
        let known = self.clients.iter().any(|listed| listed.name == name).then_some(name);
        let charge = self.limits.service(&client.network(), known).await?;
        let digest = sha256(secret.expose_secret().as_bytes());
        // All entries are compared, so that the time does not tell which one matched.
        let matches = self.clients.iter().fold(Choice::from(0), |matches, listed| {
            matches | (listed.digest.ct_eq(&digest) & Choice::from(u8::from(listed.name == name)))
        });
        if bool::from(matches) {
            charge.give_back().await;
            return Ok(());
        }
        charge.keep();
        // An unknown name is not logged: it may be a secret in the wrong place.
        tracing::warn!(client = known.unwrap_or("?"), "a service sent wrong credentials");
        Err(ClientRefusal::WrongCredentials)
    }
}
