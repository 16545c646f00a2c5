//! `unlinkSocial`: unlinks an identity from the caller's account.

use super::service::Social;
use crate::accounts::credentials::reauthentication::ReauthenticationRefusal;
use crate::audit::Kind;
use crate::core::client::Client;
use crate::core::invalid_value::InvalidValue;
use crate::core::secret::SecretString;
use crate::db::WriteError;
use crate::db::identities::Unlinked;
use crate::delivery::{Channel, NoticeTopic};
use crate::limits::ChangeKind;
use crate::outcome::Refusal;
use crate::sessions::Caller;

/// Why nothing was unlinked.
#[derive(Debug, thiserror::Error)]
pub enum UnlinkRefusal {
    /// The identity is the last way to sign in to the account.
    #[error("the identity is the last sign-in method")]
    LastSignInMethod,
    #[error(transparent)]
    Reauthentication(#[from] ReauthenticationRefusal),
    #[error(transparent)]
    Shared(#[from] Refusal),
}

impl Social {
    /// Re-authenticates the caller, then unlinks the identity, unless no other sign-in method would be left. A provider
    /// that is no longer configured can be unlinked as well.
    #[tracing::instrument(skip_all, fields(provider, user = %caller.user.id))]
    pub async fn unlink(
        &self,
        provider: &str,
        password: Option<SecretString>,
        caller: &Caller,
        client: &Client,
    ) -> Result<(), UnlinkRefusal> {
        let user = &caller.user;
        self.accounts.reauthenticate(caller, password, client).await?;
        self.kit.limits.account_change(ChangeKind::Provider, &user.id.to_string()).await?;
        let (id, session) = (Some(user.id), Some(caller.session.id));
        let event = self.kit.audit.event(Kind::IdentityUnlinked, id, session, provider, client);
        let name = self.providers.name(provider, client.language).map(str::to_owned);
        let topic = NoticeTopic::ProviderUnlinked { provider: name };
        let notice = self.accounts.notice(user, Channel::Email, topic, client.language);
        let db = &self.kit.db;
        let unlinked =
            db.unlink_identity(user.id, provider, caller.session.id, &event, notice.as_ref()).await;
        match WriteError::stale_as_none(unlinked)?.ok_or(Refusal::SessionEnded)? {
            Unlinked::Done => {
                self.outbox.wake();
                Ok(())
            }
            Unlinked::NotLinked => Err(Refusal::invalid("provider", InvalidValue::UnknownProvider).into()),
            Unlinked::LastSignInMethod => Err(UnlinkRefusal::LastSignInMethod),
        }
    }
}
