//! `linkSocial`: somebody who is signed in adds a provider to their account.

use super::bind_social::AlreadyLinked;
use super::exchange::{Brought, Exchange, ExchangeRefusal, ProviderProblem};
use super::vault::Vault;
use crate::accounts::me::Caller;
use crate::accounts::notices::Notices;
use crate::accounts::reauthentication::{Reauthentication, unproven};
use crate::audit::{Audit, Kind};
use crate::core::client::Client;
use crate::core::secret::SecretString;
use crate::db::{Db, DbError};
use crate::delivery::{Channel, NoticeTopic};
use crate::limits::{ChangeKind, Limiter};
use crate::outcome::Refusal;
use crate::verification::{Denied, refusals};

/// Why nothing was linked.
#[derive(Debug, thiserror::Error)]
pub enum LinkRefusal {
    #[error(transparent)]
    Denied(#[from] Denied),
    /// State unknown, used, expired, of another provider or browser, or begun by somebody else or by nobody.
    #[error("no such state")]
    State,
    #[error(transparent)]
    Provider(#[from] ProviderProblem),
    #[error("{0:?}")]
    Linked(AlreadyLinked),
    #[error("the password is wrong")]
    Rejected,
    /// Neither a password nor a fresh sign-in: a stolen session must not open the account for good.
    #[error("a password or a fresh sign-in is asked for")]
    Required,
}

unproven!(LinkRefusal);
refusals!(LinkRefusal: Refusal, DbError);

impl From<ExchangeRefusal> for LinkRefusal {
    fn from(refusal: ExchangeRefusal) -> Self {
        match refusal {
            ExchangeRefusal::Denied(denied) => Self::Denied(denied),
            ExchangeRefusal::State => Self::State,
            ExchangeRefusal::Provider(problem) => Self::Provider(problem),
        }
    }
}

/// Links people of providers to the accounts of those who are signed in.
#[derive(Clone)]
pub struct LinkSocial {
    pub exchange: Exchange,
    pub vault: Vault,
    pub db: Db,
    pub limits: Limiter,
    pub reauthentication: Reauthentication,
    pub notices: Notices,
    pub audit: Audit,
}

impl LinkSocial {
    /// Asks for proof, exchanges state and code, then links. The sign-in at the provider must have begun while the same person was
    /// signed in: else somebody could be made to link another's QQ, and let that other in.
    ///
    /// # Errors
    /// [`LinkRefusal`].
    pub async fn run(
        &self,
        provider: &str,
        brought: &Brought,
        password: Option<SecretString>,
        caller: &Caller,
        client: &Client,
    ) -> Result<(), LinkRefusal> {
        let user = &caller.user;
        self.reauthentication.check(caller, password, client).await?;
        self.limits.account_change(ChangeKind::Provider, &user.id.to_string()).await?;
        let (pending, profile) = self.exchange.run(provider, brought, client).await?;
        if pending.user != Some(user.id) {
            return Err(LinkRefusal::State);
        }
        let identity = self.vault.linked(provider, &profile, user.id);
        let event =
            self.audit.event(Kind::IdentityLinked, Some(user.id), Some(caller.session.id), provider, client);
        let name = self.exchange.providers.name(provider, client.language).map(str::to_owned);
        let topic = NoticeTopic::ProviderLinked { provider: name };
        let notice = self.notices.to(user, Channel::Email, topic, client.language);
        match self.db.link_identity(&identity, caller.session.id, &event, notice.as_ref()).await {
            Ok(true) => {
                self.notices.written();
                Ok(())
            }
            Ok(false) => Err(Denied::SignedOut.into()),
            Err(error) => match AlreadyLinked::of(&error) {
                Some(linked) => Err(LinkRefusal::Linked(linked)),
                None => Err(error.into()),
            },
        }
    }
}
