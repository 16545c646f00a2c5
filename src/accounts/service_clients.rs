//! Services that prove themselves by a name and a secret, as the settings list them.

use std::sync::Arc;

use subtle::{Choice, ConstantTimeEq as _};

use crate::config::services::ServiceClient;
use crate::core::client::Client;
use crate::core::clock::Instant;
use crate::core::secret::{ExposeSecret as _, SecretString, sha256};
use crate::limits::{LimitError, Limiter};

/// Why a service was not believed.
#[derive(Debug, PartialEq, Eq)]
pub enum ClientRefusal {
    /// No such name, or another secret.
    Wrong,
    /// Too many wrong ones before.
    Limited {
        retry_at: Instant,
    },
    Unavailable,
}

/// Knows the services. Cheap to clone.
#[derive(Clone)]
pub struct ServiceClients {
    clients: Arc<[ServiceClient]>,
    limits: Limiter,
}

impl ServiceClients {
    /// `limits` may count in this process alone: it is asked for every call of every service, and must not be a reason
    /// for services to stand still.
    #[must_use]
    pub fn new(clients: &[ServiceClient], limits: Limiter) -> Self {
        Self { clients: clients.into(), limits }
    }

    /// Whether `secret` is one of the service `name`, sent by `client`.
    ///
    /// # Errors
    /// [`ClientRefusal`].
    pub async fn prove(
        &self,
        name: &str,
        secret: &SecretString,
        client: &Client,
    ) -> Result<(), ClientRefusal> {
        let known = self.clients.iter().any(|listed| listed.name == name).then_some(name);
        let tried = self.limits.service(&client.network(), known).await.map_err(|error| match error {
            LimitError::Limited { retry_at, .. } => ClientRefusal::Limited { retry_at },
            LimitError::Unavailable => ClientRefusal::Unavailable,
        })?;
        let digest = sha256(secret.expose_secret().as_bytes());
        // All are compared, whichever fits, so that the time tells nothing.
        let fits = self.clients.iter().fold(Choice::from(0), |fits, listed| {
            fits | (listed.digest.ct_eq(&digest) & Choice::from(u8::from(listed.name == name)))
        });
        if bool::from(fits) {
            self.limits.service_succeeded(tried).await;
            return Ok(());
        }
        // A name that is none of ours may be anything, a secret in the wrong place among it.
        tracing::warn!(client = known.unwrap_or("?"), "a service gave wrong credentials");
        Err(ClientRefusal::Wrong)
    }
}
