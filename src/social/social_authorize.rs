//! `socialAuthorize` and `qqAuthorize`: the browser has returned from the provider. A user with a linked identity is
//! signed in; otherwise the client gets a ticket to bind an account or to register.

use super::exchange::{CallbackParameters, ExchangeRefusal};
use super::provider::Profile;
use super::service::Social;
use super::states::PendingAuthorization;
use super::tickets::{Origin, PendingIdentity};
use crate::core::client::Client;
use crate::core::clock::Instant;
use crate::core::secret::SecretString;
use crate::db::WriteError;
use crate::db::identities::Identity;
use crate::outcome::Refusal;
use crate::sessions::{SessionMethod, SignedIn};

/// The result of a callback.
#[expect(clippy::large_enum_variant, reason = "one value per request, built and sent")]
pub enum Authorized {
    SignedIn { signed_in: SignedIn, next: String },
    BindRequired(BindRequired),
}

/// The identity is not linked to an account yet.
pub struct BindRequired {
    pub ticket: SecretString,
    /// The provider's slug.
    pub provider: String,
    pub nickname: Option<String>,
    pub avatar_url: Option<String>,
    pub expires_at: Instant,
    pub next: String,
}

/// Why there is neither a session nor a ticket.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizeRefusal {
    #[error("the account is disabled")]
    AccountDisabled,
    #[error(transparent)]
    Exchange(#[from] ExchangeRefusal),
    #[error(transparent)]
    Shared(#[from] Refusal),
}

impl Social {
    /// Exchanges state and code, then signs the user in or issues a ticket. If the same browser repeats the call, for
    /// example after a reload, it gets the same ticket while that is valid.
    #[tracing::instrument(skip_all, fields(provider))]
    pub async fn authorize(
        &self,
        provider: &str,
        parameters: &CallbackParameters,
        client: &Client,
    ) -> Result<Authorized, AuthorizeRefusal> {
        let origin = Origin { state: &parameters.state, code: &parameters.code };
        let (pending, profile) = match self.exchange(provider, parameters, client).await {
            Ok(exchanged) => exchanged,
            Err(ExchangeRefusal::StateExpired) => {
                let again = self.tickets.again(&origin, client).await.map_err(Refusal::from)?;
                let (ticket, identity) = again
                    .filter(|(_, identity)| identity.provider == provider)
                    .ok_or(ExchangeRefusal::StateExpired)?;
                return Ok(Authorized::BindRequired(bind_required(ticket, identity)));
            }
            Err(refusal) => return Err(refusal.into()),
        };
        let union_id = profile.union_id.as_deref();
        let found = self.kit.db.find_identity(provider, &profile.subject, union_id).await?;
        if let Some(identity) = found {
            return self.open_session(&identity, &profile, pending, client).await;
        }
        // The cookie exists: taking the state has compared it.
        let Some(cookie) = &client.browser else { return Err(ExchangeRefusal::StateExpired.into()) };
        let issued = self.tickets.issue(pending, &profile, &origin, cookie).await;
        let (ticket, identity) = issued.map_err(Refusal::from)?;
        Ok(Authorized::BindRequired(bind_required(ticket, identity)))
    }

    async fn open_session(
        &self,
        identity: &Identity,
        profile: &Profile,
        pending: PendingAuthorization,
        client: &Client,
    ) -> Result<Authorized, AuthorizeRefusal> {
        // Identities are deleted with their account, so the account exists.
        let Some(user) = self.kit.db.find_user(identity.user_id).await? else {
            return Err(ExchangeRefusal::StateExpired.into());
        };
        if !user.is_active() {
            self.sessions.record_failure(Some(&user), "provider", client).await;
            return Err(AuthorizeRefusal::AccountDisabled);
        }
        let method = SessionMethod::Provider(identity.provider.clone());
        let draft = self.sessions.draft(&user, method, pending.remember, client).await?;
        let update = self.vault.update(identity.id, profile);
        let written =
            self.kit.db.sign_in_with_identity(identity.id, &update, &draft.session, &draft.event).await;
        // If the row is stale, a concurrent request unlinked the identity or disabled the account. A new sign-in shows
        // which.
        WriteError::stale_as_none(written)?.ok_or(ExchangeRefusal::StateExpired)?;
        Ok(Authorized::SignedIn { signed_in: draft.finish(user, false), next: pending.next })
    }
}

fn bind_required(ticket: SecretString, identity: PendingIdentity) -> BindRequired {
    BindRequired {
        ticket,
        provider: identity.provider,
        nickname: identity.nickname,
        avatar_url: identity.avatar_url,
        expires_at: identity.expires_at,
        next: identity.next,
    }
}
