//! Contacts: mobile numbers and e-mail addresses, to which codes and notices are sent.

use super::identifier::{EmailAddress, Mobile};

/// A mobile number or an e-mail address.
#[derive(Clone, Debug)]
pub enum Contact {
    Mobile(Mobile),
    Email(EmailAddress),
}

impl Contact {
    /// Returns the canonical form with the kind in front, which codes are bound to.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Mobile(mobile) => format!("mobile:{}", mobile.e164()),
            Self::Email(email) => format!("email:{}", email.key()),
        }
    }

    /// Returns a key that is the same for all addresses of one mailbox, which messages are counted by.
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

    /// Returns a masked form, which may be shown to somebody who has not proven that they own the contact.
    #[must_use]
    pub fn masked(&self) -> String {
        match self {
            Self::Mobile(mobile) => mobile.masked(),
            Self::Email(email) => email.masked(),
        }
    }

    /// Returns the personal part, which a password must not consist of.
    #[must_use]
    pub fn personal_part(&self) -> &str {
        match self {
            Self::Mobile(mobile) => mobile.national(),
            Self::Email(email) => email.local_part(),
        }
    }
}

/// The contacts of an account.
#[derive(Clone, Debug)]
pub struct Contacts {
    pub mobile: Option<Mobile>,
    pub email: Option<EmailAddress>,
}

impl Contacts {
    /// Returns the contacts, the mobile number first.
    #[must_use]
    pub fn to_vec(&self) -> Vec<Contact> {
        let mobile = self.mobile.clone().map(Contact::Mobile);
        mobile.into_iter().chain(self.email.clone().map(Contact::Email)).collect()
    }
}
