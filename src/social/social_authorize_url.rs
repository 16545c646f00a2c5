//! `socialAuthorizeUrl` and `qqAuthorizeUrl`: start signing in with a provider.

use std::time::Duration;

use super::exchange::ProviderProblem;
use super::provider::{AuthorizeRequest, Display};
use super::service::Social;
use super::{browser, next};
use crate::core::client::Client;
use crate::core::clock::Instant;
use crate::core::ids::UserId;
use crate::core::invalid_value::InvalidValue;
use crate::core::secret::SecretString;
use crate::outcome::{FieldErrors, Refusal};

/// The authorize options.
pub struct AuthorizeOptions {
    /// Where the client goes afterwards: a path, or a URL of an allowed origin.
    pub next: String,
    pub display: Display,
    /// Whether to keep the user signed in for longer than a day.
    pub remember: bool,
}

/// A started authorization.
pub struct StartedAuthorization {
    /// The provider's page to open.
    pub url: String,
    pub state: String,
    pub expires_at: Instant,
    /// The value of the browser's cookie.
    pub browser: SecretString,
    /// The lifetime of that cookie.
    pub browser_lifetime: Duration,
}

/// Why the authorization was not started.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizeUrlRefusal {
    #[error(transparent)]
    Provider(#[from] ProviderProblem),
    #[error(transparent)]
    Shared(#[from] Refusal),
}

impl Social {
    /// Stores a state and builds the URL of the provider's page. `user` is the signed-in user; only they can link the
    /// identity afterwards.
    #[tracing::instrument(skip_all, fields(provider))]
    pub async fn authorize_url(
        &self,
        provider: &str,
        options: &AuthorizeOptions,
        user: Option<UserId>,
        client: &Client,
    ) -> Result<StartedAuthorization, AuthorizeUrlRefusal> {
        let mut errors = FieldErrors::new();
        let offered = self.providers.find(provider).ok_or(InvalidValue::UnknownProvider);
        let offered = errors.note("provider", offered);
        let next = errors.note("next", next::checked(&options.next, &self.allowed));
        let (offered, next) = errors.finish(offered.zip(next))?;
        self.kit.limits.social(&client.network()).await?;
        let browser = browser::cookie(client, &self.kit.random);
        let open = self.states.open(provider, next, options.remember, user, &browser).await;
        let open = open.map_err(Refusal::from)?;
        let request = AuthorizeRequest {
            state: &open.state,
            redirect_uri: &offered.redirect_uri,
            challenge: &self.states.challenge(&open.state),
            nonce: &self.states.nonce(&open.state),
            display: options.display,
        };
        let url = offered.provider.authorize_url(&request).await;
        let url = url.map_err(|error| ProviderProblem::of(provider, error))?;
        Ok(StartedAuthorization {
            url: url.into(),
            state: open.state,
            expires_at: open.expires_at,
            browser,
            browser_lifetime: self.browser_lifetime,
        })
    }
}
