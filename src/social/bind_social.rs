//! `bindSocial` and `bindQq`: whom a provider vouches for proves an account that is theirs; from then on the provider is
//! a way into it.

use super::tickets::{Tickets, Vouched};
use super::vault::Vault;
use crate::accounts::account_proof::{AccountProof, ProveAccount, ProvenOwner, unproven_account};
use crate::accounts::notices::Notices;
use crate::accounts::signed_in::{OpenFault, SignIn, SignedIn, proven};
use crate::audit::{Audit, Kind};
use crate::captcha::CaptchaAnswer;
use crate::core::client::Client;
use crate::core::secret::SecretString;
use crate::db::{Db, DbError, Taken};
use crate::delivery::{Channel, NoticeTopic};
use crate::ephemeral::EphemeralError;
use crate::verification::{CodeRejection, Denied, refusals};

/// What the person filled in.
pub struct Binding {
    pub ticket: SecretString,
    pub proof: AccountProof,
    pub captcha: Option<CaptchaAnswer>,
}

/// Why nothing was bound.
#[derive(Debug, thiserror::Error)]
pub enum BindRefusal {
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Unknown, used, expired, of another browser, or of another provider than was asked for.
    #[error("no such ticket")]
    Ticket,
    #[error("the account is not proven")]
    Rejected,
    #[error("the account is disabled")]
    Disabled,
    #[error("the code is not good")]
    Code { reason: CodeRejection, attempts_left: u32 },
    #[error("{0:?}")]
    Linked(AlreadyLinked),
}

/// Which end of the bond is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlreadyLinked {
    /// The person of the provider is bound to an account.
    Identity,
    /// The account has another person of that provider.
    Account,
}

impl AlreadyLinked {
    /// What a violated constraint means here.
    pub(super) fn of(error: &DbError) -> Option<Self> {
        match error {
            DbError::Taken(Taken::Identity) => Some(Self::Identity),
            DbError::Taken(Taken::Provider) => Some(Self::Account),
            DbError::Taken(_) | DbError::Unavailable(_) | DbError::Fault(_) => None,
        }
    }
}

refusals!(BindRefusal: EphemeralError, DbError, OpenFault);
unproven_account!(BindRefusal);

/// Binds people of providers to accounts.
#[derive(Clone)]
pub struct BindSocial {
    pub tickets: Tickets,
    pub vault: Vault,
    pub db: Db,
    pub prove: ProveAccount,
    pub sign_in: SignIn,
    pub notices: Notices,
    pub audit: Audit,
}

impl BindSocial {
    /// Looks at the ticket, proves the account, takes the ticket, binds. Only what is bound uses the ticket up; where
    /// nothing was, it stays good, and so does a code that was right.
    ///
    /// `provider`: the only one that will do, or any.
    ///
    /// # Errors
    /// [`BindRefusal`].
    pub async fn run(
        &self,
        input: Binding,
        provider: Option<&str>,
        client: &Client,
    ) -> Result<(SignedIn, String), BindRefusal> {
        let vouched = self.tickets.look(&input.ticket, client).await?;
        let fits = |vouched: &Vouched| provider.is_none_or(|provider| provider == vouched.provider);
        let vouched = vouched.filter(fits).ok_or(BindRefusal::Ticket)?;
        let proof = self.prove.run(input.proof, input.captcha.as_ref(), client).await?;
        let outcome = match self.tickets.take(&input.ticket).await {
            Ok(true) => self.bind(&vouched, &proof, client).await,
            Ok(false) => Err(BindRefusal::Ticket),
            Err(error) => Err(error.into()),
        };
        if let Err(refusal) = &outcome {
            if !matches!(refusal, BindRefusal::Ticket | BindRefusal::Linked(AlreadyLinked::Identity)) {
                self.tickets.restore(&input.ticket, &vouched).await;
            }
            self.prove.give_back(proof).await;
        }
        outcome.map(|signed_in| (signed_in, vouched.next))
    }

    async fn bind(
        &self,
        vouched: &Vouched,
        proof: &ProvenOwner,
        client: &Client,
    ) -> Result<SignedIn, BindRefusal> {
        let user = &proof.user;
        let Some(proven) = proven(user, proof.method) else { return Err(BindRefusal::Rejected) };
        let way = proof.method.word();
        let draft = self.sign_in.draft(user, proof.method, way, vouched.remember, client)?;
        let session = Some(draft.session.id);
        let linked =
            self.audit.event(Kind::IdentityLinked, Some(user.id), session, &vouched.provider, client);
        let notice = self.notices.to(
            user,
            Channel::Email,
            NoticeTopic::ProviderLinked { provider: None },
            client.language,
        );
        let identity = self.vault.bound(vouched, user.id);
        let events = [linked, draft.event.clone()];
        let written =
            self.db.bind_identity(&identity, &proven, &draft.session, &events, notice.as_ref()).await;
        match written {
            Ok(true) => {
                self.notices.written();
                Ok(draft.finish(user.clone(), false))
            }
            // Shut, or proven by what it has no longer.
            Ok(false) => Err(BindRefusal::Rejected),
            Err(error) => match AlreadyLinked::of(&error) {
                Some(linked) => Err(BindRefusal::Linked(linked)),
                None => Err(error.into()),
            },
        }
    }
}
