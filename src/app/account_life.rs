//! Builds the services of account life: passwords, addresses, profiles, deletion.

use crate::accounts::account_proof::ProveAccount;
use crate::accounts::change_contact::ChangeContact;
use crate::accounts::change_email::ChangeEmail;
use crate::accounts::change_mobile::ChangeMobile;
use crate::accounts::change_password::ChangePassword;
use crate::accounts::delete_account::DeleteAccount;
use crate::accounts::export_my_data::ExportMyData;
use crate::accounts::merge_account::MergeAccount;
use crate::accounts::merge_records::MergeRecords;
use crate::accounts::notices::Notices;
use crate::accounts::reauthentication::Reauthentication;
use crate::accounts::request_password_reset::RequestPasswordReset;
use crate::accounts::reset_links::ResetLinks;
use crate::accounts::reset_password::ResetPassword;
use crate::audit::Audit;
use crate::captcha::Captcha;
use crate::config::Config;
use crate::config::accounts::PageUrl;
use crate::core::clock::Clock;
use crate::core::random::Random;
use crate::core::secret::MasterKey;
use crate::db::Db;
use crate::delivery::Outbox;
use crate::graphql::{Builder, Root};
use crate::limits::Limiter;
use crate::passwords::{Hasher, Policy};
use crate::verification::Codes;

/// What these services are built from.
pub(super) struct AccountLife<'a> {
    pub(super) config: &'a Config,
    pub(super) clock: &'a Clock,
    pub(super) random: &'a Random,
    pub(super) db: &'a Db,
    pub(super) codes: &'a Codes,
    pub(super) limits: &'a Limiter,
    pub(super) captcha: &'a Captcha,
    pub(super) hasher: &'a Hasher,
    pub(super) policy: &'a Policy,
    pub(super) audit: &'a Audit,
    pub(super) outbox: &'a Outbox,
    pub(super) master: &'a MasterKey,
    pub(super) prove: &'a ProveAccount,
}

impl AccountLife<'_> {
    /// The page that reset links open.
    pub(super) fn reset_page(&self) -> PageUrl {
        let configured = self.config.accounts.reset_url.clone();
        configured.unwrap_or_else(|| PageUrl::at(&self.config.http.public_url, "/reset"))
    }

    /// Proof, once more, by somebody who is signed in.
    pub(super) fn reauthentication(&self) -> Reauthentication {
        Reauthentication {
            db: self.db.clone(),
            limits: self.limits.clone(),
            hasher: self.hasher.clone(),
            audit: self.audit.clone(),
            clock: self.clock.clone(),
            fresh: self.config.accounts.fresh_session,
        }
    }

    /// Notices to owners.
    pub(super) fn notices(&self) -> Notices {
        Notices::new(self.outbox.clone(), self.clock.clone())
    }

    /// Adds the services to the schema.
    pub(super) fn add_to<Q: Root>(&self, builder: Builder<Q>) -> Builder<Q> {
        let settings = self.config.accounts.clone();
        let (db, clock) = (self.db.clone(), self.clock.clone());
        let Self { codes, limits, captcha, hasher, policy, audit, outbox, .. } = self;
        let (reauthentication, notices) = (self.reauthentication(), self.notices());
        let links = ResetLinks {
            db: db.clone(),
            clock: clock.clone(),
            random: self.random.clone(),
            page: self.reset_page(),
            lifetime: settings.reset_link_lifetime,
        };
        let contact = ChangeContact {
            db: db.clone(),
            codes: (*codes).clone(),
            limits: (*limits).clone(),
            reauthentication: reauthentication.clone(),
            notices: notices.clone(),
            audit: (*audit).clone(),
            settings: settings.clone(),
            clock: clock.clone(),
        };
        builder
            .data(ChangePassword {
                db: db.clone(),
                codes: (*codes).clone(),
                limits: (*limits).clone(),
                hasher: (*hasher).clone(),
                policy: (*policy).clone(),
                reauthentication: reauthentication.clone(),
                notices: notices.clone(),
                audit: (*audit).clone(),
                clock: clock.clone(),
            })
            .data(RequestPasswordReset {
                db: db.clone(),
                limits: (*limits).clone(),
                captcha: (*captcha).clone(),
                links: links.clone(),
                outbox: (*outbox).clone(),
                audit: (*audit).clone(),
            })
            .data(ResetPassword {
                db: db.clone(),
                codes: (*codes).clone(),
                limits: (*limits).clone(),
                captcha: (*captcha).clone(),
                hasher: (*hasher).clone(),
                policy: (*policy).clone(),
                links: links.clone(),
                notices: notices.clone(),
                audit: (*audit).clone(),
                settings: settings.clone(),
                clock: clock.clone(),
            })
            .data(links)
            .data(ChangeMobile(contact.clone()))
            .data(ChangeEmail(contact))
            .data(MergeAccount {
                db: db.clone(),
                limits: (*limits).clone(),
                reauthentication: reauthentication.clone(),
                prove: self.prove.clone(),
                records: MergeRecords::new(self.master, self.random.clone()),
                notices: notices.clone(),
                audit: (*audit).clone(),
                clock: clock.clone(),
                random: self.random.clone(),
                undo: settings.merge_undo,
            })
            .data(DeleteAccount {
                db: db.clone(),
                codes: (*codes).clone(),
                limits: (*limits).clone(),
                reauthentication,
                notices,
                audit: (*audit).clone(),
                clock,
                grace: settings.deletion_grace,
            })
            .data(ExportMyData { db, limits: (*limits).clone(), audit: (*audit).clone() })
    }
}
