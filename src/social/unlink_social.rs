//! `unlinkSocial`: a provider is no way into the account any more.

use crate::accounts::me::Caller;
use crate::accounts::notices::Notices;
use crate::accounts::reauthentication::{Reauthentication, unproven};
use crate::audit::{Audit, Kind};
use crate::core::client::Client;
use crate::core::clock::Clock;
use crate::core::invalid_value::InvalidValue;
use crate::core::secret::SecretString;
use crate::db::identities::Unlinked;
use crate::db::{Db, DbError};
use crate::delivery::{Channel, NoticeTopic};
use crate::limits::{ChangeKind, Limiter};
use crate::outcome::FieldError;
use crate::outcome::Refusal;
use crate::verification::{Denied, refusals};

/// Why nothing was unlinked.
#[derive(Debug, thiserror::Error)]
pub enum UnlinkRefusal {
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Without it, its owner could not sign in any more.
    #[error("the last way in")]
    LastWayIn,
    #[error("the password is wrong")]
    Rejected,
    /// Neither a password nor a fresh sign-in: a stolen session must not open the account for good.
    #[error("a password or a fresh sign-in is asked for")]
    Required,
}

unproven!(UnlinkRefusal);
refusals!(UnlinkRefusal: Refusal, DbError, Vec<FieldError>);

/// Takes providers off accounts.
#[derive(Clone)]
pub struct UnlinkSocial {
    pub db: Db,
    pub limits: Limiter,
    pub reauthentication: Reauthentication,
    pub notices: Notices,
    pub audit: Audit,
    pub clock: Clock,
}

impl UnlinkSocial {
    /// Asks for proof, then unlinks, unless nothing would be left to sign in with. A provider that is not configured any more can still be
    /// unlinked.
    ///
    /// # Errors
    /// [`UnlinkRefusal`].
    pub async fn run(
        &self,
        provider: &str,
        password: Option<SecretString>,
        caller: &Caller,
        client: &Client,
    ) -> Result<(), UnlinkRefusal> {
        let user = &caller.user;
        self.reauthentication.check(caller, password, client).await?;
        self.limits.account_change(ChangeKind::Provider, &user.id.to_string()).await?;
        let session = Some(caller.session.id);
        let standing = Some((caller.session.id, self.clock.now()));
        let event = self.audit.event(Kind::IdentityUnlinked, Some(user.id), session, provider, client);
        let notice = self.notices.to(
            user,
            Channel::Email,
            NoticeTopic::ProviderUnlinked { provider: None },
            client.language,
        );
        match self.db.unlink_identity(user.id, provider, standing, true, &event, notice.as_ref()).await? {
            Unlinked::Done => {
                self.notices.written();
                Ok(())
            }
            Unlinked::Absent => Err(vec![FieldError::new("provider", InvalidValue::UnknownProvider)].into()),
            Unlinked::LastWayIn => Err(UnlinkRefusal::LastWayIn),
            Unlinked::Ended => Err(Denied::SignedOut.into()),
        }
    }
}
