//! `socialAuthorizeUrl` and `qqAuthorizeUrl`: a sign-in at a provider begins.

use std::sync::Arc;
use std::time::Duration;

use super::exchange::ProviderProblem;
use super::provider::{AuthorizeRequest, Display};
use super::registry::Providers;
use super::states::States;
use super::{browser, next};
use crate::config::http::Origin;
use crate::core::client::Client;
use crate::core::clock::Instant;
use crate::core::ids::UserId;
use crate::core::invalid_value::InvalidValue;
use crate::core::random::Random;
use crate::core::secret::SecretString;
use crate::ephemeral::EphemeralError;
use crate::limits::Limiter;
use crate::outcome::FieldError;
use crate::outcome::Refusal;
use crate::verification::{Denied, refusals};

/// What the client wants of it.
pub struct Wish {
    /// Where it goes afterwards: a path, or an address of an allowed origin.
    pub next: String,
    pub display: Display,
    /// Whether the person wants to stay signed in for longer than a day.
    pub remember: bool,
}

/// Where to go.
pub struct Begun {
    pub url: String,
    pub state: String,
    pub expires_at: Instant,
    /// To be set as the browser's cookie.
    pub browser: SecretString,
    /// How long that cookie is needed.
    pub browser_lifetime: Duration,
}

/// Why no sign-in began.
#[derive(Debug, thiserror::Error)]
pub enum BeginRefusal {
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error(transparent)]
    Provider(#[from] ProviderProblem),
}

refusals!(BeginRefusal: Refusal, EphemeralError, Vec<FieldError>);

/// Begins sign-ins.
#[derive(Clone)]
pub struct SocialAuthorizeUrl {
    pub providers: Providers,
    pub states: States,
    pub limits: Limiter,
    /// Where `next` may lead, beside paths.
    pub allowed: Arc<[Origin]>,
    pub random: Random,
    /// Of the cookie: as long as state and ticket together.
    pub browser_lifetime: Duration,
}

impl SocialAuthorizeUrl {
    /// Opens a state and makes the provider's address of it. `user`: who is signed in; only they can link what comes
    /// back.
    ///
    /// # Errors
    /// [`BeginRefusal`].
    pub async fn run(
        &self,
        provider: &str,
        wish: &Wish,
        user: Option<UserId>,
        client: &Client,
    ) -> Result<Begun, BeginRefusal> {
        let mut faults = Vec::new();
        let offered = self.providers.find(provider);
        if offered.is_none() {
            faults.push(FieldError::new("provider", InvalidValue::UnknownProvider));
        }
        let next = next::checked(&wish.next, &self.allowed);
        let next = next.map_err(|fault| faults.push(FieldError::new("next", fault))).ok();
        let (Some(offered), Some(next)) = (offered, next) else { return Err(faults.into()) };
        self.limits.social(&client.network()).await?;
        let browser = browser::cookie(client, &self.random);
        let open = self.states.open(provider, next, wish.remember, user, &browser).await?;
        let request = AuthorizeRequest {
            state: &open.state,
            redirect_uri: &offered.redirect_uri,
            challenge: &self.states.challenge(&open.state),
            nonce: &self.states.nonce(&open.state),
            display: wish.display,
        };
        let url = offered.provider.authorize_url(&request).await;
        let url = url.map_err(|error| ProviderProblem::of(provider, error))?;
        Ok(Begun {
            url: url.into(),
            state: open.state,
            expires_at: open.expires_at,
            browser,
            browser_lifetime: self.browser_lifetime,
        })
    }
}
