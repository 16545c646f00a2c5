//! The callback: exchanges state and code for the profile at the provider. Signing in and linking share it.

use super::provider::{Callback, Profile, ProviderError};
use super::service::Social;
use super::states::{PendingAuthorization, is_state};
use crate::core::client::Client;
use crate::core::invalid_value::InvalidValue;
use crate::ephemeral::EphemeralError;
use crate::outcome::{FieldErrors, Refusal};

/// The maximum length of a code in characters. QQ's codes have 32, those of other providers up to a few hundred.
const LONGEST_CODE: u32 = 1_024;

/// The callback parameters.
pub struct CallbackParameters {
    pub code: String,
    pub state: String,
}

/// Why there is no profile.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeRefusal {
    /// The state is unknown, used or expired, or belongs to another provider or browser.
    #[error("the state is not valid")]
    StateExpired,
    #[error(transparent)]
    Provider(#[from] ProviderProblem),
    #[error(transparent)]
    Shared(#[from] Refusal),
}

impl From<EphemeralError> for Refusal {
    fn from(error: EphemeralError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// What a client may learn about a failed sign-in at the provider.
#[derive(Debug, thiserror::Error)]
#[error("{provider} rejected the sign-in or is unavailable")]
pub struct ProviderProblem {
    /// The provider's slug.
    pub provider: String,
    /// The provider's own error code, if it returned one.
    pub code: Option<String>,
    /// Whether the provider or the settings of the gateway are the cause, not the user.
    pub unavailable: bool,
}

impl ProviderProblem {
    /// Logs what the operator has to know and keeps the rest for the client.
    pub(super) fn of(provider: &str, error: ProviderError) -> Self {
        let (code, unavailable) = match error {
            ProviderError::Rejected { code } => {
                tracing::info!(provider, code, "the provider rejected the callback parameters");
                (code, false)
            }
            ProviderError::Misconfigured { code } => {
                tracing::error!(provider, code, "the provider refuses this gateway: check its settings");
                (Some(code), true)
            }
            ProviderError::Unavailable(reason) => {
                tracing::warn!(provider, reason, "the provider is unavailable");
                (None, true)
            }
        };
        Self { provider: provider.to_owned(), code, unavailable }
    }
}

impl Social {
    /// Parses the parameters, charges the limit, consumes the state and asks the provider. The state is consumed even
    /// when the provider rejects the code, since the code is consumed as well.
    pub(super) async fn exchange(
        &self,
        provider: &str,
        parameters: &CallbackParameters,
        client: &Client,
    ) -> Result<(PendingAuthorization, Profile), ExchangeRefusal> {
        let mut errors = FieldErrors::new();
        let offered = self.providers.find(provider).ok_or(InvalidValue::UnknownProvider);
        let offered = errors.note("provider", offered);
        if parameters.code.is_empty() {
            errors.add("code", InvalidValue::Empty);
        } else if parameters.code.chars().nth(LONGEST_CODE as usize).is_some() {
            errors.add("code", InvalidValue::TooLong(LONGEST_CODE));
        }
        if parameters.state.is_empty() {
            errors.add("state", InvalidValue::Empty);
        }
        let offered = errors.finish(offered)?;
        self.kit.limits.social(&client.network()).await?;
        if !is_state(&parameters.state) {
            return Err(ExchangeRefusal::StateExpired);
        }
        let states = &self.states;
        let pending = states.take(&parameters.state, provider, client).await.map_err(Refusal::from)?;
        let pending = pending.ok_or(ExchangeRefusal::StateExpired)?;
        let user = states.take_user(&parameters.state).await.map_err(Refusal::from)?;
        let callback = Callback {
            code: &parameters.code,
            redirect_uri: &offered.redirect_uri,
            verifier: &states.verifier(&parameters.state),
            nonce: &states.nonce(&parameters.state),
            user: user.as_deref(),
        };
        let profile = offered.provider.identify(&callback).await;
        let profile = profile.map_err(|error| ProviderProblem::of(provider, error))?;
        Ok((pending, profile))
    }
}
