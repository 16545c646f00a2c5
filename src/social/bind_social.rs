//! `bindSocial` and `bindQq`: a user who signed in with a provider verifies an existing account, and the identity is
//! linked to it.

use super::service::Social;
use super::tickets::PendingIdentity;
use crate::accounts::sign_in::verify_account::{AccountCredentials, VerifiedAccount, VerifyAccountRefusal};
use crate::audit::Kind;
use crate::captcha::{CaptchaAnswer, CaptchaClaim};
use crate::config::captcha::CaptchaAction;
use crate::core::client::Client;
use crate::core::secret::SecretString;
use crate::db::{Taken, WriteError};
use crate::delivery::{Channel, NoticeTopic};
use crate::outcome::Refusal;
use crate::sessions::SignedIn;
use crate::sessions::signed_in::credential;

/// The input of `bindSocial`.
pub struct BindInput {
    pub ticket: SecretString,
    pub account: AccountCredentials,
    pub captcha: Option<CaptchaAnswer>,
}

/// Why nothing was linked.
#[derive(Debug, thiserror::Error)]
pub enum BindRefusal {
    /// The ticket is unknown, used or expired, or belongs to another browser or provider.
    #[error("the ticket is not valid")]
    TicketExpired,
    /// The account lost the credential since it was verified, or is no longer active.
    #[error("the credential changed since it was verified")]
    StaleCredential,
    #[error("already linked: {reason:?}")]
    AlreadyLinked { provider: String, reason: AlreadyLinked },
    #[error(transparent)]
    Account(#[from] VerifyAccountRefusal),
    #[error(transparent)]
    Shared(#[from] Refusal),
}

/// Which side is already linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlreadyLinked {
    /// The identity is linked to an account.
    Identity,
    /// The account is linked to another identity at the provider.
    Account,
}

impl AlreadyLinked {
    /// Interprets a violated constraint.
    pub(super) fn of(error: &WriteError) -> Option<Self> {
        match error {
            WriteError::Taken(Taken::IdentityLinked) => Some(Self::Identity),
            WriteError::Taken(Taken::ProviderLinked) => Some(Self::Account),
            WriteError::Taken(
                Taken::Username | Taken::Nickname | Taken::Mobile | Taken::Email | Taken::Other,
            )
            | WriteError::Stale(_)
            | WriteError::Failed(_) => None,
        }
    }
}

impl Social {
    /// Reads the ticket, verifies the account, takes the ticket and links the identity. A ticket and a code are consumed
    /// only when the identity was linked; otherwise both become valid again, except the ticket of an identity that belongs
    /// to another account.
    ///
    /// `provider`: the only accepted provider, or any.
    #[tracing::instrument(skip_all)]
    pub async fn bind(
        &self,
        input: BindInput,
        provider: Option<&str>,
        client: &Client,
    ) -> Result<(SignedIn, String), BindRefusal> {
        let identity = self.tickets.look(&input.ticket, client).await.map_err(Refusal::from)?;
        let accepted =
            |identity: &PendingIdentity| provider.is_none_or(|provider| provider == identity.provider);
        let identity = identity.filter(accepted).ok_or(BindRefusal::TicketExpired)?;
        let claim = CaptchaClaim { action: CaptchaAction::BindSocial, answer: input.captcha.as_ref() };
        let account = self.accounts.verify_account(input.account, claim, client).await?;
        let ticket = match self.tickets.take(&input.ticket, &identity).await {
            Ok(Some(ticket)) => ticket,
            Ok(None) => {
                account.give_back().await;
                return Err(BindRefusal::TicketExpired);
            }
            Err(error) => {
                self.tickets.restore(&input.ticket, &identity).await;
                account.give_back().await;
                return Err(Refusal::from(error).into());
            }
        };
        match self.link_verified(&identity, &account, client).await {
            Ok(signed_in) => {
                ticket.keep();
                account.keep();
                Ok((signed_in, identity.next))
            }
            Err(refusal) => {
                // An identity that is linked elsewhere cannot be linked by another attempt either.
                if matches!(refusal, BindRefusal::AlreadyLinked { reason: AlreadyLinked::Identity, .. }) {
                    ticket.keep();
                } else {
                    ticket.give_back().await;
                }
                account.give_back().await;
                Err(refusal)
            }
        }
    }

    async fn link_verified(
        &self,
        identity: &PendingIdentity,
        account: &VerifiedAccount,
        client: &Client,
    ) -> Result<SignedIn, BindRefusal> {
        let user = &account.user;
        let Some(credential) = credential(user, &account.method) else {
            return Err(BindRefusal::StaleCredential);
        };
        let method = account.method.clone();
        let draft = self.sessions.draft(user, method, identity.remember, client).await?;
        let (id, session) = (Some(user.id), Some(draft.session.id));
        let linked = self.kit.audit.event(Kind::IdentityLinked, id, session, &identity.provider, client);
        let name = self.providers.name(&identity.provider, client.language).map(str::to_owned);
        let topic = NoticeTopic::ProviderLinked { provider: name };
        let notice = self.accounts.notice(user, Channel::Email, topic, client.language);
        let row = self.vault.bound(identity, user.id);
        let events = [linked, draft.event.clone()];
        let written =
            self.kit.db.bind_identity(&row, &credential, &draft.session, &events, notice.as_ref()).await;
        match written {
            Ok(()) => {
                self.outbox.wake();
                Ok(draft.finish(user.clone(), false))
            }
            Err(WriteError::Stale(_)) => Err(BindRefusal::StaleCredential),
            Err(error) => match AlreadyLinked::of(&error) {
                Some(reason) => {
                    Err(BindRefusal::AlreadyLinked { provider: identity.provider.clone(), reason })
                }
                None => Err(Refusal::from(error).into()),
            },
        }
    }
}
