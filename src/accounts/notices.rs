//! Notices to the owners of accounts: written in the transaction of the change that they report, sent by the outbox.

use chrono::TimeDelta;

use crate::core::clock::Clock;
use crate::core::identifier::{EmailAddress, Mobile, Region};
use crate::core::language::Language;
use crate::db::models::User;
use crate::delivery::{Channel, Content, Destination, NewMessage, NoticeTopic, Outbox};

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
        let destination = match first {
            Channel::Sms => mobile(user).or_else(|| email(user)),
            Channel::Email => email(user).or_else(|| mobile(user)),
        };
        let expires_at = self.clock.now() + LIFETIME;
        Some(self.outbox.compose(destination?, &Content::Notice { topic }, language, expires_at))
    }

    /// Tells the outbox that a notice was written.
    pub fn written(&self) {
        self.outbox.wake();
    }
}

fn mobile(user: &User) -> Option<Destination> {
    // A number keeps its notices when its region is not taken any more.
    let mobile = Mobile::parse(user.mobile.as_deref()?, &Region::ALL).ok()?;
    Some(Destination::Sms { e164: mobile.e164().to_owned(), masked: mobile.masked() })
}

fn email(user: &User) -> Option<Destination> {
    let email = EmailAddress::parse(user.email.as_deref()?).ok()?;
    Some(Destination::Email { address: email.as_str().to_owned(), masked: email.masked() })
}
