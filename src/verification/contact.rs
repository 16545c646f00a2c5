//! An address that codes can be sent to.

use crate::core::identifier::{EmailAddress, Mobile};

/// A mobile number or an e-mail address.
#[derive(Clone, Debug)]
pub enum Contact {
    Mobile(Mobile),
    Email(EmailAddress),
}

impl Contact {
    /// The canonical form with its kind in front: what codes are bound to.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Mobile(mobile) => format!("mobile:{}", mobile.e164()),
            Self::Email(email) => format!("email:{}", email.key()),
        }
    }

    /// As [`Contact::key`], one for all addresses that lead to the same person: what messages are counted by.
    #[must_use]
    pub fn send_key(&self) -> String {
        match self {
            Self::Mobile(_) => self.key(),
            Self::Email(email) => format!("email:{}", email.mailbox_key()),
        }
    }

    /// Returns a mobile number without its last four digits, by which messages to blocks of numbers are counted. In
    /// mainland China these are the seven digits that identify carrier and area.
    #[must_use]
    pub fn prefix(&self) -> Option<String> {
        match self {
            Self::Mobile(mobile) => {
                let digits = mobile.e164();
                Some(digits[..digits.len().saturating_sub(4)].to_owned())
            }
            Self::Email(_) => None,
        }
    }

    /// A form that may be shown to somebody who has not proven that it is theirs.
    #[must_use]
    pub fn masked(&self) -> String {
        match self {
            Self::Mobile(mobile) => mobile.masked(),
            Self::Email(email) => email.masked(),
        }
    }
}
