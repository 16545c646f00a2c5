//! `socialAuthorize` and `qqAuthorize`: the browser is back. Whoever is bound is signed in; whoever is not gets a ticket
//! to bind an account or to register.

use super::exchange::{Brought, Exchange, ExchangeRefusal, ProviderProblem};
use super::provider::Profile;
use super::states::Pending;
use super::tickets::{Origin, Tickets, Vouched};
use super::vault::Vault;
use crate::accounts::signed_in::{OpenFault, SignIn, SignedIn};
use crate::core::client::Client;
use crate::core::clock::Instant;
use crate::core::secret::SecretString;
use crate::db::identities::Identity;
use crate::db::{Db, DbError};
use crate::ephemeral::EphemeralError;
use crate::sessions::Method;
use crate::verification::{Denied, refusals};

/// How it went on.
#[expect(clippy::large_enum_variant, reason = "one value a request, made and sent")]
pub enum Authorized {
    SignedIn { signed_in: SignedIn, next: String },
    BindRequired(BindRequired),
}

/// The provider vouches for somebody who is bound to no account.
pub struct BindRequired {
    pub ticket: SecretString,
    /// The provider's slug.
    pub provider: String,
    pub nickname: Option<String>,
    pub avatar_url: Option<String>,
    pub expires_at: Instant,
    pub next: String,
}

/// Why nobody was signed in and there is no ticket.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizeRefusal {
    #[error(transparent)]
    Denied(#[from] Denied),
    /// State unknown, used, expired, or of another provider or browser.
    #[error("no such state")]
    State,
    #[error(transparent)]
    Provider(#[from] ProviderProblem),
    #[error("the account is disabled")]
    Disabled,
}

refusals!(AuthorizeRefusal: EphemeralError, DbError, OpenFault);

impl From<ExchangeRefusal> for AuthorizeRefusal {
    fn from(refusal: ExchangeRefusal) -> Self {
        match refusal {
            ExchangeRefusal::Denied(denied) => Self::Denied(denied),
            ExchangeRefusal::State => Self::State,
            ExchangeRefusal::Provider(problem) => Self::Provider(problem),
        }
    }
}

/// Signs people in by way of providers.
#[derive(Clone)]
pub struct SocialAuthorize {
    pub exchange: Exchange,
    pub tickets: Tickets,
    pub vault: Vault,
    pub db: Db,
    pub sign_in: SignIn,
}

impl SocialAuthorize {
    /// Exchanges state and code, then signs the person in or hands out a ticket. Called again with the same state and
    /// code by the same browser, as when its page is loaded again, it answers the same ticket while that is good.
    ///
    /// # Errors
    /// [`AuthorizeRefusal`].
    pub async fn run(
        &self,
        provider: &str,
        brought: &Brought,
        client: &Client,
    ) -> Result<Authorized, AuthorizeRefusal> {
        let origin = Origin { state: &brought.state, code: &brought.code };
        let (pending, profile) = match self.exchange.run(provider, brought, client).await {
            Ok(exchanged) => exchanged,
            Err(ExchangeRefusal::State) => {
                let again = self.tickets.again(&origin, client).await?;
                let (ticket, vouched) = again
                    .filter(|(_, vouched)| vouched.provider == provider)
                    .ok_or(AuthorizeRefusal::State)?;
                return Ok(Authorized::BindRequired(bind_required(ticket, vouched)));
            }
            Err(refusal) => return Err(refusal.into()),
        };
        let found = self.db.find_identity(provider, &profile.subject, profile.union_id.as_deref()).await?;
        if let Some(identity) = found {
            return self.open(&identity, &profile, pending, client).await;
        }
        // Taking the state proved the cookie.
        let Some(cookie) = &client.browser else { return Err(AuthorizeRefusal::State) };
        let (ticket, vouched) = self.tickets.issue(pending, &profile, &origin, cookie).await?;
        Ok(Authorized::BindRequired(bind_required(ticket, vouched)))
    }

    async fn open(
        &self,
        identity: &Identity,
        profile: &Profile,
        pending: Pending,
        client: &Client,
    ) -> Result<Authorized, AuthorizeRefusal> {
        // Identities go with their account: none is left without one.
        let Some(user) = self.db.find_user(identity.user_id).await? else {
            return Err(AuthorizeRefusal::State);
        };
        if !user.is_active() {
            self.sign_in.failed(Some(&user), Method::Provider, client).await;
            return Err(AuthorizeRefusal::Disabled);
        }
        let draft =
            self.sign_in.draft(&user, Method::Provider, &identity.provider, pending.remember, client)?;
        let update = self.vault.update(identity.id, profile);
        let written =
            self.db.sign_in_with_identity(identity.id, &update, &draft.session, &draft.event).await?;
        if !written {
            // Unlinked or shut between our look and now: to begin anew tells which.
            return Err(AuthorizeRefusal::State);
        }
        Ok(Authorized::SignedIn { signed_in: draft.finish(user, false), next: pending.next })
    }
}

fn bind_required(ticket: SecretString, vouched: Vouched) -> BindRequired {
    BindRequired {
        ticket,
        provider: vouched.provider,
        nickname: vouched.nickname,
        avatar_url: vouched.avatar_url,
        expires_at: vouched.expires_at,
        next: vouched.next,
    }
}
