//! Changes of one account, with everything that belongs to them: the audit entry, the notice to the owner, the
//! transaction that checks the authorization again, the withdrawal of codes, and the wake-up of the outbox. Use cases that
//! change the row of one account call [`Accounts::apply`], so that none of it can be forgotten; merging and linking have
//! transactions of their own and use its helpers.

use super::service::Accounts;
use crate::audit::Kind;
use crate::core::client::Client;
use crate::core::clock::Instant;
use crate::core::contact::Contact;
use crate::core::ids::SessionId;
use crate::core::language::Language;
use crate::db::WriteError;
use crate::db::changes::{AccountChange, Authorization, Changed, ProfileChange, RevokeScope};
use crate::db::models::User;
use crate::delivery::{Channel, NewMessage, NoticeTopic};
use crate::verification::Purpose;

/// A change of an account. What it writes is the [`Write`] beside it.
pub(crate) struct Change<'a> {
    /// The account, as it was read before the change.
    pub(crate) user: &'a User,
    /// Checked again inside the transaction.
    pub(crate) authorization: Authorization<'a>,
    pub(crate) kind: Kind,
    /// How the caller authenticated, for the audit log.
    pub(crate) method: &'a str,
    /// The session that the request came with.
    pub(crate) session: Option<SessionId>,
    pub(crate) revokes: RevokeScope,
    /// The topic of the notice to the owner, and the channel to prefer for it.
    pub(crate) notice: Option<(Channel, NoticeTopic)>,
}

/// What a change writes.
pub(crate) enum Write<'a> {
    PasswordHash(&'a str),
    Contact(&'a Contact),
    Profile(&'a ProfileChange),
    /// When the data of the account is deleted. Nobody can sign in from now on.
    Deletion(Instant),
}

impl Write<'_> {
    /// Whether codes that were sent before must not open the account afterwards.
    fn withdraws_codes(&self) -> bool {
        match self {
            Self::PasswordHash(_) | Self::Contact(_) | Self::Deletion(_) => true,
            Self::Profile(_) => false,
        }
    }
}

/// The purposes of codes that open an account. A code for a change of contact belongs to a session, and one for
/// registering opens no existing account.
const OPENING: [Purpose; 3] = [Purpose::Login, Purpose::ResetPassword, Purpose::Bind];

impl Accounts {
    /// Writes a change of an account and everything that belongs to it.
    pub(crate) async fn apply(
        &self,
        change: Change<'_>,
        write: Write<'_>,
        client: &Client,
    ) -> Result<Changed, WriteError> {
        let Change { user, authorization, kind, method, session, revokes, notice } = change;
        let event = self.kit.audit.event(kind, Some(user.id), session, method, client);
        // The notice goes to a contact that the account has before the change.
        let notice =
            notice.and_then(|(channel, topic)| self.notices.to(user, channel, topic, client.language));
        let row = AccountChange {
            user: user.id,
            authorization,
            now: self.kit.clock.now(),
            revokes,
            reason: kind.into(),
            event: &event,
            notice: notice.as_ref(),
        };
        let db = &self.kit.db;
        let changed = match &write {
            Write::PasswordHash(hash) => db.replace_password(&row, hash).await?,
            Write::Contact(Contact::Mobile(mobile)) => db.change_mobile(&row, mobile.e164()).await?,
            Write::Contact(Contact::Email(email)) => {
                db.change_email(&row, email.as_str(), email.key()).await?
            }
            Write::Profile(profile) => db.update_profile(&row, profile).await?,
            Write::Deletion(due) => db.schedule_deletion(&row, *due).await?,
        };
        if write.withdraws_codes() {
            self.withdraw_codes(user).await;
        }
        self.outbox.wake();
        Ok(changed)
    }

    /// Withdraws the codes that were sent to the contacts of `user`: somebody who intercepted one before the credentials
    /// changed must not sign in with it afterwards.
    pub(crate) async fn withdraw_codes(&self, user: &User) {
        self.verification.withdraw_codes(&OPENING, &user.contacts().to_vec()).await;
    }

    /// Composes a notice to the owner, to be written in the caller's transaction.
    pub(crate) fn notice(
        &self,
        user: &User,
        channel: Channel,
        topic: NoticeTopic,
        language: Language,
    ) -> Option<NewMessage> {
        self.notices.to(user, channel, topic, language)
    }
}
