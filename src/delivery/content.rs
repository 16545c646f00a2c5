//! The content and destination of a message.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::core::clock::Instant;
use crate::core::contact::Contact;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::db::types::Channel;

/// The purpose of a verification code. SMS carriers require a template per purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    Register,
    Login,
    ResetPassword,
    Bind,
    ChangeContact,
}

impl Topic {
    /// All topics.
    pub const ALL: [Self; 5] =
        [Self::Register, Self::Login, Self::ResetPassword, Self::Bind, Self::ChangeContact];
}

/// An event that the owner of an account is told about. Notices request nothing and contain no links.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "topic", rename_all = "snake_case")]
pub enum NoticeTopic {
    PasswordChanged,
    PasswordReset,
    UsernameChanged,
    MobileChanged,
    EmailChanged,
    /// The account was deactivated; its data will be purged at `purge_at`.
    AccountDeleted {
        purge_at: Instant,
    },
    /// `provider` is the provider's name in the language of the message. It is missing where the provider is unknown.
    ProviderLinked {
        provider: Option<String>,
    },
    ProviderUnlinked {
        provider: Option<String>,
    },
    AccountsMerged,
    AccountsUnmerged,
}

/// The content of a message. Its text is rendered when it is sent.
#[derive(Clone)]
pub enum Content {
    /// A verification code and the number of minutes for which it is valid.
    Code { topic: Topic, code: SecretString, minutes: u32 },
    /// A link to reset the password and the number of minutes for which it is valid.
    ResetLink { url: SecretString, minutes: u32 },
    /// A notice about a change of the account.
    Notice { topic: NoticeTopic },
}

/// The format of [`Content`] in the database, where it is stored sealed.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Payload<'a> {
    Code { topic: Topic, code: &'a str, minutes: u32 },
    ResetLink { url: &'a str, minutes: u32 },
    Notice(NoticeTopic),
}

impl Content {
    /// Returns the kind of message, for operators who query the table.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Code { topic, .. } => match topic {
                Topic::Register => "code.register",
                Topic::Login => "code.login",
                Topic::ResetPassword => "code.reset_password",
                Topic::Bind => "code.bind",
                Topic::ChangeContact => "code.change_contact",
            },
            Self::ResetLink { .. } => "link.reset_password",
            Self::Notice { topic } => match topic {
                NoticeTopic::PasswordChanged => "notice.password_changed",
                NoticeTopic::PasswordReset => "notice.password_reset",
                NoticeTopic::UsernameChanged => "notice.username_changed",
                NoticeTopic::MobileChanged => "notice.mobile_changed",
                NoticeTopic::EmailChanged => "notice.email_changed",
                NoticeTopic::AccountDeleted { .. } => "notice.account_deleted",
                NoticeTopic::ProviderLinked { .. } => "notice.provider_linked",
                NoticeTopic::ProviderUnlinked { .. } => "notice.provider_unlinked",
                NoticeTopic::AccountsMerged => "notice.accounts_merged",
                NoticeTopic::AccountsUnmerged => "notice.accounts_unmerged",
            },
        }
    }

    /// Returns the verification code, if the content has one.
    #[must_use]
    pub fn code(&self) -> Option<&SecretString> {
        match self {
            Self::Code { code, .. } => Some(code),
            Self::ResetLink { .. } | Self::Notice { .. } => None,
        }
    }

    pub(super) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let payload = match self {
            Self::Code { topic, code, minutes } => {
                Payload::Code { topic: *topic, code: code.expose_secret(), minutes: *minutes }
            }
            Self::ResetLink { url, minutes } => {
                Payload::ResetLink { url: url.expose_secret(), minutes: *minutes }
            }
            Self::Notice { topic } => Payload::Notice(topic.clone()),
        };
        Zeroizing::new(serde_json::to_vec(&payload).expect("strings and numbers always have a JSON form"))
    }

    /// Reads what [`Content::to_bytes`] wrote; `None` for anything else. The parser's error is dropped because it may
    /// quote the code.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(match serde_json::from_slice(bytes).ok()? {
            Payload::Code { topic, code, minutes } => {
                Self::Code { topic, code: SecretString::from(code), minutes }
            }
            Payload::ResetLink { url, minutes } => Self::ResetLink { url: SecretString::from(url), minutes },
            Payload::Notice(topic) => Self::Notice { topic },
        })
    }
}

/// The destination of a message, with a masked form that may be displayed and logged. It has no `Debug` because it
/// contains an address.
#[derive(Clone)]
pub enum Destination {
    Sms { e164: String, masked: String },
    Email { address: String, masked: String },
}

impl From<&Contact> for Destination {
    fn from(contact: &Contact) -> Self {
        let masked = contact.masked();
        match contact {
            Contact::Mobile(mobile) => Self::Sms { e164: mobile.e164().to_owned(), masked },
            Contact::Email(email) => Self::Email { address: email.as_str().to_owned(), masked },
        }
    }
}

impl Destination {
    #[must_use]
    pub fn channel(&self) -> Channel {
        match self {
            Self::Sms { .. } => Channel::Sms,
            Self::Email { .. } => Channel::Email,
        }
    }

    /// Returns the number or address, and its masked form.
    pub(super) fn into_parts(self) -> (Zeroizing<String>, String) {
        match self {
            Self::Sms { e164: address, masked } | Self::Email { address, masked } => {
                (Zeroizing::new(address), masked)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::testing::notice_topics;

    #[test]
    fn content_is_read_back_as_it_was_written() {
        for topic in Topic::ALL {
            let content = Content::Code { topic, code: "004217".into(), minutes: 10 };
            let Some(Content::Code { topic: read, code, minutes }) = Content::from_bytes(&content.to_bytes())
            else {
                panic!("a code is read back as a code");
            };
            assert_eq!((read, code.expose_secret(), minutes), (topic, "004217", 10));
        }
        let link = Content::ResetLink { url: "https://a.example/?token=b".into(), minutes: 30 };
        let Some(Content::ResetLink { url, minutes: 30 }) = Content::from_bytes(&link.to_bytes()) else {
            panic!("a link is read back as a link");
        };
        assert_eq!(url.expose_secret(), "https://a.example/?token=b");
        for topic in notice_topics() {
            let read = Content::from_bytes(&Content::Notice { topic: topic.clone() }.to_bytes());
            assert!(matches!(read, Some(Content::Notice { topic: read }) if read == topic));
        }
        assert!(Content::from_bytes(b"").is_none());
        assert!(Content::from_bytes(b"{\"kind\":\"other\"}").is_none());
    }
}
