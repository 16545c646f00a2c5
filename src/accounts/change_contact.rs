//! What `changeMobile` and `changeEmail` have in common.
//!
//! The caller proves once more that the account is theirs, and by a code that the new address is; the old address is
//! told, links that were mailed before are spent, and other sessions end where the caller wishes it.

use super::failed_proof;
use super::me::Caller;
use super::notices::Notices;
use super::proof::{ContactInput, method};
use super::reauthentication::{Reauthentication, unproven};
use super::stale_codes;
use crate::audit::{Audit, Kind};
use crate::config::accounts::AccountSettings;
use crate::core::client::Client;
use crate::core::clock::Clock;
use crate::core::secret::SecretString;
use crate::db::changes::{AccountChange, Ends, Right};
use crate::db::models::User;
use crate::db::{Db, DbError, Taken};
use crate::delivery::{Channel, NoticeTopic};
use crate::limits::{ChangeKind, Limiter};
use crate::outcome::FieldError;
use crate::outcome::Refusal;
use crate::verification::{CodeError, CodeRejection, Codes, Contact, Denied, Purpose, refusals};

/// How the caller proves the account, and what is to happen besides.
pub struct ChangeOptions {
    /// Not needed while the session is fresh.
    pub current_password: Option<SecretString>,
    pub end_other_sessions: bool,
}

/// The account afterwards.
pub struct ContactChanged {
    pub user: User,
    pub ended_sessions: usize,
}

/// Why the address stays.
#[derive(Debug, thiserror::Error)]
pub enum ChangeContactRefusal {
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error("the code is not good")]
    Code { reason: CodeRejection, attempts_left: u32 },
    /// The path of the input field whose value belongs to another account.
    #[error("{0} is taken")]
    Taken(&'static str),
    #[error("the password is wrong")]
    Rejected,
    #[error("a password or a fresh sign-in is asked for")]
    Required,
}

refusals!(codes ChangeContactRefusal: Refusal, Vec<FieldError>);
unproven!(ChangeContactRefusal);

impl From<DbError> for ChangeContactRefusal {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Taken(Taken::Mobile) => Self::Taken("mobile.mobile"),
            DbError::Taken(Taken::Email) => Self::Taken("email.email"),
            DbError::Taken(_) | DbError::Unavailable(_) | DbError::Fault(_) => Self::Denied(error.into()),
        }
    }
}

/// Changes addresses.
#[derive(Clone)]
pub struct ChangeContact {
    pub db: Db,
    pub codes: Codes,
    pub limits: Limiter,
    pub reauthentication: Reauthentication,
    pub notices: Notices,
    pub audit: Audit,
    pub settings: AccountSettings,
    pub clock: Clock,
}

impl ChangeContact {
    pub(super) async fn run(
        &self,
        contact: ContactInput,
        options: ChangeOptions,
        caller: &Caller,
        client: &Client,
    ) -> Result<ContactChanged, ChangeContactRefusal> {
        let mut faults = Vec::new();
        let claim = contact.parse_at("", &self.settings.regions, &self.codes, &mut faults);
        let Some(claim) = claim.filter(|_| faults.is_empty()) else {
            return Err(faults.into());
        };
        self.limits.redeem(&client.network()).await?;
        let right = self.reauthentication.check(caller, options.current_password, client).await?;
        self.limits.account_change(ChangeKind::Contact, &caller.user.id.to_string()).await?;
        let key = claim.contact.key();
        let redeemed = self.codes.redeem(Purpose::ChangeContact, &key, &claim.code).await;
        if let Err(CodeError::Rejected { .. }) = &redeemed {
            let (user, session) = (Some(caller.user.id), Some(caller.session.id));
            let method = method(&claim.contact).word();
            failed_proof::write_down(&self.db, &self.audit, user, session, method, client).await;
        }
        let redemption = redeemed?;
        let outcome = self.write(claim.contact, right, options.end_other_sessions, caller, client).await;
        if outcome.is_err() {
            // The code was right and bought nothing: the person keeps it.
            self.codes.restore(redemption).await;
        }
        outcome
    }

    async fn write(
        &self,
        contact: Contact,
        right: Right<'_>,
        end_others: bool,
        caller: &Caller,
        client: &Client,
    ) -> Result<ContactChanged, ChangeContactRefusal> {
        let (kind, topic, channel) = match contact {
            Contact::Mobile(_) => (Kind::MobileChanged, NoticeTopic::MobileChanged, Channel::Sms),
            Contact::Email(_) => (Kind::EmailChanged, NoticeTopic::EmailChanged, Channel::Email),
        };
        let mut user = caller.user.clone();
        let event = self.audit.event(kind, Some(user.id), Some(caller.session.id), "code", client);
        // To the address that the account still has.
        let notice = self.notices.to(&user, channel, topic, client.language);
        let change = AccountChange {
            user: user.id,
            right,
            now: self.clock.now(),
            ends: if end_others { Ends::AllBut(caller.session.id) } else { Ends::Nothing },
            reason: kind.word(),
            event: &event,
            notice: notice.as_ref(),
        };
        let ended_sessions = match &contact {
            Contact::Mobile(mobile) => self.db.change_mobile(&change, mobile.e164()).await?,
            Contact::Email(email) => self.db.change_email(&change, email.as_str(), email.key()).await?,
        }?;
        stale_codes::withdraw(&self.codes, &caller.user).await;
        match contact {
            Contact::Mobile(mobile) => user.mobile = Some(mobile.e164().to_owned()),
            Contact::Email(email) => user.email = Some(email.as_str().to_owned()),
        }
        self.notices.written();
        Ok(ContactChanged { user, ended_sessions })
    }
}
