//! What `changeMobile` and `changeEmail` share.
//!
//! The caller re-authenticates, and proves by a code that they own the new contact. The old contact is notified, reset
//! links that were mailed before become invalid, and other sessions are revoked if the caller wants that.

use super::super::changes::{Change, Write};
use super::super::contact_claim::{ContactInput, method};
use super::super::service::Accounts;
use super::reauthentication::ReauthenticationRefusal;
use crate::audit::Kind;
use crate::core::client::Client;
use crate::core::contact::Contact;
use crate::core::secret::SecretString;
use crate::db::changes::{Authorization, Changed, RevokeScope};
use crate::db::{Taken, WriteError};
use crate::delivery::{Channel, NoticeTopic};
use crate::limits::ChangeKind;
use crate::outcome::{FieldErrors, Refusal};
use crate::sessions::Caller;
use crate::verification::{CodeRefusal, Purpose};

/// How the caller re-authenticates, and what happens to other sessions.
pub struct ChangeContactOptions {
    /// Not needed while the session is fresh.
    pub current_password: Option<SecretString>,
    pub end_other_sessions: bool,
}

/// Why the contact was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeContactRefusal {
    /// The path of the input field whose value is already in use.
    #[error("{0} is already in use")]
    IdentifierTaken(&'static str),
    #[error(transparent)]
    Code(#[from] CodeRefusal),
    #[error(transparent)]
    Reauthentication(#[from] ReauthenticationRefusal),
    #[error(transparent)]
    Shared(#[from] Refusal),
}

impl From<WriteError> for ChangeContactRefusal {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Taken(Taken::Mobile) => Self::IdentifierTaken("mobile.mobile"),
            WriteError::Taken(Taken::Email) => Self::IdentifierTaken("email.email"),
            WriteError::Taken(
                Taken::Username
                | Taken::Nickname
                | Taken::IdentityLinked
                | Taken::ProviderLinked
                | Taken::Other,
            )
            | WriteError::Stale(_)
            | WriteError::Failed(_) => Self::Reauthentication(error.into()),
        }
    }
}

impl Accounts {
    pub(super) async fn change_contact(
        &self,
        contact: ContactInput,
        options: ChangeContactOptions,
        caller: &Caller,
        client: &Client,
    ) -> Result<Changed, ChangeContactRefusal> {
        let mut errors = FieldErrors::new();
        let claim = self.parse_claim(contact, "", &mut errors);
        let claim = errors.finish(claim)?;
        self.kit.limits.redeem(&client.network()).await?;
        let authorization = self.reauthenticate(caller, options.current_password, client).await?;
        self.kit.limits.account_change(ChangeKind::Contact, &caller.user.id.to_string()).await?;
        let redeemed =
            self.verification.redeem(Purpose::ChangeContact, &claim.contact, &claim.code, client).await;
        if let Err(CodeRefusal::Rejected { .. }) = &redeemed {
            let (user, session) = (Some(caller.user.id), Some(caller.session.id));
            let method = method(&claim.contact);
            self.record_failed_verification(user, session, method.audit_name(), client).await;
        }
        let revokes = if options.end_other_sessions {
            RevokeScope::AllBut(caller.session.id)
        } else {
            RevokeScope::Nothing
        };
        let write = self.write_contact(&claim.contact, authorization, revokes, caller, client);
        redeemed?.keep_if_ok(write).await
    }

    async fn write_contact(
        &self,
        contact: &Contact,
        authorization: Authorization<'_>,
        revokes: RevokeScope,
        caller: &Caller,
        client: &Client,
    ) -> Result<Changed, ChangeContactRefusal> {
        let (kind, topic, channel) = match contact {
            Contact::Mobile(_) => (Kind::MobileChanged, NoticeTopic::MobileChanged, Channel::Sms),
            Contact::Email(_) => (Kind::EmailChanged, NoticeTopic::EmailChanged, Channel::Email),
        };
        let change = Change {
            user: &caller.user,
            authorization,
            kind,
            method: "code",
            session: Some(caller.session.id),
            revokes,
            notice: Some((channel, topic)),
        };
        Ok(self.apply(change, Write::Contact(contact), client).await?)
    }
}
