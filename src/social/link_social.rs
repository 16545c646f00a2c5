//! `linkSocial`: links an identity to the account of a signed-in caller.

use super::bind_social::AlreadyLinked;
use super::exchange::{CallbackParameters, ExchangeRefusal};
use super::service::Social;
use crate::accounts::credentials::reauthentication::ReauthenticationRefusal;
use crate::audit::Kind;
use crate::core::client::Client;
use crate::core::secret::SecretString;
use crate::db::WriteError;
use crate::delivery::{Channel, NoticeTopic};
use crate::limits::ChangeKind;
use crate::outcome::Refusal;
use crate::sessions::Caller;

/// Why nothing was linked.
#[derive(Debug, thiserror::Error)]
pub enum LinkRefusal {
    #[error("already linked: {reason:?}")]
    AlreadyLinked { provider: String, reason: AlreadyLinked },
    #[error(transparent)]
    Exchange(#[from] ExchangeRefusal),
    /// A stolen session must not gain lasting access to the account.
    #[error(transparent)]
    Reauthentication(#[from] ReauthenticationRefusal),
    #[error(transparent)]
    Shared(#[from] Refusal),
}

impl Social {
    /// Re-authenticates the caller, exchanges state and code, then links the identity. The same user must have started
    /// the authorization while signed in. Otherwise an attacker could trick a user into linking the attacker's QQ
    /// account, which would give the attacker access.
    #[tracing::instrument(skip_all, fields(provider, user = %caller.user.id))]
    pub async fn link(
        &self,
        provider: &str,
        parameters: &CallbackParameters,
        password: Option<SecretString>,
        caller: &Caller,
        client: &Client,
    ) -> Result<(), LinkRefusal> {
        let user = &caller.user;
        self.accounts.reauthenticate(caller, password, client).await?;
        self.kit.limits.account_change(ChangeKind::Provider, &user.id.to_string()).await?;
        let (pending, profile) = self.exchange(provider, parameters, client).await?;
        if pending.user != Some(user.id) {
            return Err(ExchangeRefusal::StateExpired.into());
        }
        let identity = self.vault.linked(provider, &profile, user.id);
        let (id, session) = (Some(user.id), Some(caller.session.id));
        let event = self.kit.audit.event(Kind::IdentityLinked, id, session, provider, client);
        let name = self.providers.name(provider, client.language).map(str::to_owned);
        let topic = NoticeTopic::ProviderLinked { provider: name };
        let notice = self.accounts.notice(user, Channel::Email, topic, client.language);
        match self.kit.db.link_identity(&identity, caller.session.id, &event, notice.as_ref()).await {
            Ok(()) => {
                self.outbox.wake();
                Ok(())
            }
            Err(WriteError::Stale(_)) => Err(Refusal::SessionEnded.into()),
            Err(error) => match AlreadyLinked::of(&error) {
                Some(reason) => Err(LinkRefusal::AlreadyLinked { provider: provider.to_owned(), reason }),
                None => Err(Refusal::from(error).into()),
            },
        }
    }
}
