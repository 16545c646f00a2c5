//! Notices to the owners of accounts: written in the transaction of the change that they report, sent by the outbox.

use chrono::TimeDelta;

use crate::core::clock::Clock;
use crate::core::contact::{Contact, Contacts};
use crate::core::language::Language;
use crate::db::models::User;
use crate::delivery::{Channel, Content, NewMessage, NoticeTopic, Outbox};

/// A notice that is older than this is not sent.
const LIFETIME: TimeDelta = TimeDelta::days(1);

/// Composes notices. Cheap to clone.
#[derive(Clone)]
pub struct Notices {
    outbox: Outbox,
    clock: Clock,
}

impl Notices {
    #[must_use]
    pub fn new(outbox: Outbox, clock: Clock) -> Self {
        Self { outbox, clock }
    }

    /// Composes a notice to a contact that the account has now: that of the channel `first`, or else the other one.
    /// Returns `None` for an account without a contact.
    #[must_use]
    pub fn to(
        &self,
        user: &User,
        first: Channel,
        topic: NoticeTopic,
        language: Language,
    ) -> Option<NewMessage> {
        let Contacts { mobile, email } = user.contacts();
        let (mobile, email) = (mobile.map(Contact::Mobile), email.map(Contact::Email));
        let contact = match first {
            Channel::Sms => mobile.or(email),
            Channel::Email => email.or(mobile),
        };
        let expires_at = self.clock.now() + LIFETIME;
        Some(self.outbox.compose((&contact?).into(), &Content::Notice { topic }, language, expires_at))
    }

    /// Wakes the outbox after notices were written.
    pub fn written(&self) {
        self.outbox.wake();
    }
}
