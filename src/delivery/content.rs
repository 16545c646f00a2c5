//! What a message says, where it goes, and how far it has come.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::core::secret::{ExposeSecret as _, SecretString};

/// The way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    Sms,
    Email,
}

impl Channel {
    /// As the database keeps it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Email => "email",
        }
    }

    /// Reads what [`Channel::name`] wrote.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Sms, Self::Email].into_iter().find(|channel| channel.name() == name)
    }
}

/// How far a message has come. Every state but the first is final.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It waits, or is being tried.
    Queued,
    /// A carrier or mail server took it.
    Sent,
    /// It was given up.
    Failed,
    /// Its code ran out before it could be sent.
    Expired,
}

impl Status {
    /// As the database keeps it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }

    /// Reads what [`Status::name`] wrote.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Queued, Self::Sent, Self::Failed, Self::Expired]
            .into_iter()
            .find(|status| status.name() == name)
    }
}

/// What a code is for. Carriers want a template for each.
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
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Register, Self::Login, Self::ResetPassword, Self::Bind, Self::ChangeContact];
}

/// What a notice tells the owner of an account. It asks for nothing and has no link in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeTopic {
    PasswordChanged,
    PasswordReset,
    UsernameChanged,
    MobileChanged,
    EmailChanged,
    AccountDeleted,
    ProviderLinked,
    ProviderUnlinked,
    AccountsMerged,
    AccountsUnmerged,
}

impl NoticeTopic {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::PasswordChanged,
        Self::PasswordReset,
        Self::UsernameChanged,
        Self::MobileChanged,
        Self::EmailChanged,
        Self::AccountDeleted,
        Self::ProviderLinked,
        Self::ProviderUnlinked,
        Self::AccountsMerged,
        Self::AccountsUnmerged,
    ];
}

/// What a message says. Texts are made of it when it is sent.
#[derive(Clone)]
pub enum Content {
    /// A verification code that is good for so many minutes.
    Code { topic: Topic, code: SecretString, minutes: u32 },
    /// A link that resets the password and is good for so many minutes.
    ResetLink { url: SecretString, minutes: u32 },
    /// Something has happened to the account.
    Notice { topic: NoticeTopic },
}

/// The form in which content lies, sealed, in the database.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Payload<'a> {
    Code { topic: Topic, code: &'a str, minutes: u32 },
    ResetLink { url: &'a str, minutes: u32 },
    Notice { topic: NoticeTopic },
}

impl Content {
    /// The kind, for operators who look into the table.
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
                NoticeTopic::AccountDeleted => "notice.account_deleted",
                NoticeTopic::ProviderLinked => "notice.provider_linked",
                NoticeTopic::ProviderUnlinked => "notice.provider_unlinked",
                NoticeTopic::AccountsMerged => "notice.accounts_merged",
                NoticeTopic::AccountsUnmerged => "notice.accounts_unmerged",
            },
        }
    }

    /// The code in it, if it has one.
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
            Self::Notice { topic } => Payload::Notice { topic: *topic },
        };
        Zeroizing::new(serde_json::to_vec(&payload).expect("strings and numbers always have a JSON form"))
    }

    /// Reads what `to_bytes` wrote; `None` for anything else. The parser's error stays here: it may quote the code.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(match serde_json::from_slice(bytes).ok()? {
            Payload::Code { topic, code, minutes } => {
                Self::Code { topic, code: SecretString::from(code), minutes }
            }
            Payload::ResetLink { url, minutes } => Self::ResetLink { url: SecretString::from(url), minutes },
            Payload::Notice { topic } => Self::Notice { topic },
        })
    }
}

/// Where a message goes, with the masked form that may be shown and logged. No `Debug`: it holds an address.
#[derive(Clone)]
pub enum Destination {
    Sms { e164: String, masked: String },
    Email { address: String, masked: String },
}

impl Destination {
    /// The way it goes.
    #[must_use]
    pub fn channel(&self) -> Channel {
        match self {
            Self::Sms { .. } => Channel::Sms,
            Self::Email { .. } => Channel::Email,
        }
    }

    /// The number or address, and its masked form.
    pub(super) fn into_parts(self) -> (Zeroizing<String>, String) {
        match self {
            Self::Sms { e164: whole, masked } | Self::Email { address: whole, masked } => {
                (Zeroizing::new(whole), masked)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_survives_the_round_trip() {
        for topic in Topic::ALL {
            let content = Content::Code { topic, code: "004217".into(), minutes: 10 };
            let Some(Content::Code { topic: read, code, minutes }) = Content::from_bytes(&content.to_bytes())
            else {
                panic!("a code is read back as one");
            };
            assert_eq!((read, code.expose_secret(), minutes), (topic, "004217", 10));
        }
        let link = Content::ResetLink { url: "https://a.example/?token=b".into(), minutes: 30 };
        let Some(Content::ResetLink { url, minutes: 30 }) = Content::from_bytes(&link.to_bytes()) else {
            panic!("a link is read back as one");
        };
        assert_eq!(url.expose_secret(), "https://a.example/?token=b");
        for topic in NoticeTopic::ALL {
            let read = Content::from_bytes(&Content::Notice { topic }.to_bytes());
            assert!(matches!(read, Some(Content::Notice { topic: read }) if read == topic));
        }
        assert!(Content::from_bytes(b"").is_none());
        assert!(Content::from_bytes(b"{\"kind\":\"other\"}").is_none());
    }

    #[test]
    fn names_read_back() {
        for status in [Status::Queued, Status::Sent, Status::Failed, Status::Expired] {
            assert_eq!(Status::from_name(status.name()), Some(status));
        }
        for channel in [Channel::Sms, Channel::Email] {
            assert_eq!(Channel::from_name(channel.name()), Some(channel));
        }
        assert_eq!(Status::from_name("lost"), None);
    }
}
