//! The callback: state and code for whom the provider vouches for. What signing in and linking have in common.

use super::provider::{Callback, Profile, ProviderError};
use super::registry::Providers;
use super::states::{Pending, States, is_state};
use crate::core::client::Client;
use crate::core::invalid_value::InvalidValue;
use crate::ephemeral::EphemeralError;
use crate::limits::Limiter;
use crate::outcome::FieldError;
use crate::outcome::Refusal;
use crate::verification::{Denied, refusals};

/// In characters. QQ's codes have 32, others' up to some hundred.
const LONGEST_CODE: u32 = 1_024;

/// What the browser brought back from the provider.
pub struct Brought {
    pub code: String,
    pub state: String,
}

/// Why nobody is vouched for.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeRefusal {
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The state is unknown, used or expired, or belongs to another provider or browser.
    #[error("no such state")]
    State,
    #[error(transparent)]
    Provider(#[from] ProviderProblem),
}

refusals!(ExchangeRefusal: Refusal, EphemeralError, Vec<FieldError>);

impl From<EphemeralError> for Denied {
    fn from(error: EphemeralError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// What the client may know of a provider that does not vouch.
#[derive(Debug, thiserror::Error)]
#[error("{provider} does not vouch for anybody")]
pub struct ProviderProblem {
    /// Its slug.
    pub provider: String,
    /// Its own error code, where it gave one.
    pub code: Option<String>,
    /// Whether the provider or our settings are at fault, and not what the person did.
    pub unavailable: bool,
}

impl ProviderProblem {
    /// Logs what the operator has to know; the rest is for the client.
    pub(super) fn of(provider: &str, error: ProviderError) -> Self {
        let (code, unavailable) = match error {
            ProviderError::Rejected { code } => {
                tracing::info!(provider, code, "a provider did not take what the browser brought");
                (code, false)
            }
            ProviderError::Misconfigured { code } => {
                tracing::error!(provider, code, "a provider refuses this gateway: look at its settings");
                (Some(code), true)
            }
            ProviderError::Unavailable(reason) => {
                tracing::warn!(provider, reason, "a provider did not answer well");
                (None, true)
            }
        };
        Self { provider: provider.to_owned(), code, unavailable }
    }
}

/// Exchanges states and codes. Cheap to clone.
#[derive(Clone)]
pub struct Exchange {
    pub providers: Providers,
    pub states: States,
    pub limits: Limiter,
}

impl Exchange {
    /// Parses, charges, takes the state, asks the provider. The state is used up even when the provider refuses: so is
    /// the code.
    pub(super) async fn run(
        &self,
        provider: &str,
        brought: &Brought,
        client: &Client,
    ) -> Result<(Pending, Profile), ExchangeRefusal> {
        let mut faults = Vec::new();
        let offered = self.providers.find(provider);
        if offered.is_none() {
            faults.push(FieldError::new("provider", InvalidValue::UnknownProvider));
        }
        if brought.code.is_empty() {
            faults.push(FieldError::new("code", InvalidValue::Empty));
        } else if brought.code.chars().nth(LONGEST_CODE as usize).is_some() {
            faults.push(FieldError::new("code", InvalidValue::TooLong(LONGEST_CODE)));
        }
        if brought.state.is_empty() {
            faults.push(FieldError::new("state", InvalidValue::Empty));
        }
        let Some(offered) = offered.filter(|_| faults.is_empty()) else { return Err(faults.into()) };
        self.limits.social(&client.network()).await?;
        if !is_state(&brought.state) {
            return Err(ExchangeRefusal::State);
        }
        let pending = self.states.take(&brought.state, provider, client).await?;
        let pending = pending.ok_or(ExchangeRefusal::State)?;
        let user = self.states.take_user(&brought.state).await?;
        let callback = Callback {
            code: &brought.code,
            redirect_uri: &offered.redirect_uri,
            verifier: &self.states.verifier(&brought.state),
            nonce: &self.states.nonce(&brought.state),
            user: user.as_deref(),
        };
        let profile = offered.provider.identify(&callback).await;
        let profile = profile.map_err(|error| ProviderProblem::of(provider, error))?;
        Ok((pending, profile))
    }
}
