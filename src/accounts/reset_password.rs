//! `resetPassword`: a new password for somebody who proves the account by a mailed link or by a code.
//!
//! Afterwards every session and every link of the account has ended, the owner is told, and nobody is signed in.

use super::failed_proof;
use super::new_password::{PasswordInput, own_words};
use super::notices::Notices;
use super::proof::{Claim, ContactInput, method};
use super::reset_links::ResetLinks;
use super::stale_codes;
use crate::audit::{Audit, Kind};
use crate::captcha::{Captcha, CaptchaAnswer, CaptchaRefusal};
use crate::config::accounts::AccountSettings;
use crate::core::client::Client;
use crate::core::clock::Clock;
use crate::core::ids::UserId;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::db::changes::{AccountChange, Ends, Right, Unchanged};
use crate::db::models::{Proven, User};
use crate::db::{Db, DbError};
use crate::delivery::{Channel, NoticeTopic};
use crate::limits::Limiter;
use crate::outcome::FieldError;
use crate::outcome::Refusal;
use crate::passwords::{Hasher, Policy};
use crate::verification::{CodeError, CodeRejection, Codes, Contact, Denied, Purpose, refusals};

/// How the person proves the account.
pub enum ResetProof {
    /// The token of a mailed link.
    Link(SecretString),
    /// A code for the purpose `RESET_PASSWORD`.
    Contact(ContactInput),
}

/// What the person filled in.
pub struct Reset {
    pub proof: ResetProof,
    pub new: PasswordInput,
    pub captcha: Option<CaptchaAnswer>,
}

/// Why the password stays.
#[derive(Debug, thiserror::Error)]
pub enum ResetRefusal {
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error("the code is not good")]
    Code { reason: CodeRejection, attempts_left: u32 },
    /// Unknown, used, expired, or of an account that may not be used.
    #[error("the link is not good")]
    Ticket,
    /// The address is the caller's, but no account has it.
    #[error("no account has this address")]
    Rejected,
    #[error("the account is disabled")]
    Disabled,
}

refusals!(codes ResetRefusal: Refusal, CaptchaRefusal, Vec<FieldError>, DbError);

/// Resets passwords.
#[derive(Clone)]
pub struct ResetPassword {
    pub db: Db,
    pub codes: Codes,
    pub limits: Limiter,
    pub captcha: Captcha,
    pub hasher: Hasher,
    pub policy: Policy,
    pub links: ResetLinks,
    pub notices: Notices,
    pub audit: Audit,
    pub settings: AccountSettings,
    pub clock: Clock,
}

/// The proof after parsing: not proven yet.
enum Parsed {
    Link(SecretString),
    Contact(Claim),
}

impl ResetPassword {
    /// Parses, charges, proves, writes.
    ///
    /// # Errors
    /// [`ResetRefusal`].
    pub async fn run(&self, input: Reset, client: &Client) -> Result<(), ResetRefusal> {
        let mut faults = Vec::new();
        let proof = match input.proof {
            ResetProof::Link(token) => Some(Parsed::Link(token)),
            ResetProof::Contact(contact) => contact
                .parse_at("proof.", &self.settings.regions, &self.codes, &mut faults)
                .map(Parsed::Contact),
        };
        // The words of the account come into it once the account is proven: they are not for strangers.
        let words = match &proof {
            Some(Parsed::Contact(Claim { contact: Contact::Mobile(mobile), .. })) => {
                vec![mobile.national().to_owned()]
            }
            Some(Parsed::Contact(Claim { contact: Contact::Email(email), .. })) => {
                vec![email.local_part().to_owned()]
            }
            Some(Parsed::Link(_)) | None => Vec::new(),
        };
        input.new.parse(&self.policy, &words, &mut faults);
        let Some(proof) = proof.filter(|_| faults.is_empty()) else {
            return Err(faults.into());
        };
        self.limits.redeem(&client.network()).await?;
        self.captcha.check(input.captcha.as_ref(), client.address).await?;
        match proof {
            Parsed::Link(token) => {
                let Some(link) = self.links.find(token.expose_secret()).await? else {
                    let owner = self.links.owner(token.expose_secret()).await?;
                    self.failed(owner, "link", client).await;
                    return Err(ResetRefusal::Ticket);
                };
                let right = Right::Link(&link.digest);
                let reset = self.write(&link.user, right, &input.new, "link", client).await?;
                reset.map_err(|_: Unchanged| ResetRefusal::Ticket)
            }
            Parsed::Contact(claim) => {
                let key = claim.contact.key();
                let redeemed = self.codes.redeem(Purpose::ResetPassword, &key, &claim.code).await;
                if let Err(CodeError::Rejected { .. }) = &redeemed {
                    let owner = self.find(&claim.contact).await?.map(|user| user.id);
                    self.failed(owner, method(&claim.contact).word(), client).await;
                }
                let redemption = redeemed?;
                let outcome = self.by_contact(&claim.contact, &input.new, client).await;
                if matches!(outcome, Err(ResetRefusal::Denied(_))) {
                    self.codes.restore(redemption).await;
                }
                outcome
            }
        }
    }

    async fn find(&self, contact: &Contact) -> Result<Option<User>, DbError> {
        match contact {
            Contact::Mobile(mobile) => self.db.find_user_by_mobile(mobile.e164()).await,
            Contact::Email(email) => self.db.find_user_by_email(email.key()).await,
        }
    }

    /// Writes down a proof that failed, whether or not there is an account: both take as long.
    async fn failed(&self, user: Option<UserId>, method: &str, client: &Client) {
        failed_proof::write_down(&self.db, &self.audit, user, None, method, client).await;
    }

    async fn by_contact(
        &self,
        contact: &Contact,
        new: &PasswordInput,
        client: &Client,
    ) -> Result<(), ResetRefusal> {
        let user = self.find(contact).await?.ok_or(ResetRefusal::Rejected)?;
        // As the account has it: between this look and the change it may get another.
        let address = match contact {
            Contact::Mobile(_) => user.mobile.clone().map(Proven::Mobile),
            Contact::Email(_) => user.email.clone().map(Proven::Email),
        };
        let proven = address.ok_or(ResetRefusal::Rejected)?;
        if !user.is_active() {
            return Err(ResetRefusal::Disabled);
        }
        let reset = self.write(&user, Right::Proof(&proven), new, method(contact).word(), client).await?;
        reset.map_err(|unchanged| match unchanged {
            Unchanged::Shut => ResetRefusal::Disabled,
            Unchanged::Unproven => ResetRefusal::Rejected,
        })
    }

    async fn write(
        &self,
        user: &User,
        right: Right<'_>,
        new: &PasswordInput,
        method: &str,
        client: &Client,
    ) -> Result<Result<(), Unchanged>, ResetRefusal> {
        let mut faults = Vec::new();
        let password = new.parse(&self.policy, &own_words(user), &mut faults);
        let Some(password) = password.filter(|_| faults.is_empty()) else {
            return Err(faults.into());
        };
        let hash = self.hasher.hash(password.as_password()).await?;
        let event = self.audit.event(Kind::PasswordReset, Some(user.id), None, method, client);
        let notice = self.notices.to(user, Channel::Email, NoticeTopic::PasswordReset, client.language);
        let change = AccountChange {
            user: user.id,
            right,
            now: self.clock.now(),
            ends: Ends::All,
            reason: Kind::PasswordReset.word(),
            event: &event,
            notice: notice.as_ref(),
        };
        let reset = self.db.replace_password(&change, &hash).await?;
        if reset.is_ok() {
            stale_codes::withdraw(&self.codes, user).await;
            self.notices.written();
        }
        Ok(reset.map(drop))
    }
}
