//! Entries of the audit log: who, what, when, from where. No secrets and no addresses of people.

use crate::core::client::Client;
use crate::core::clock::Clock;
use crate::core::ids::{AuditId, SessionId, UserId};
use crate::core::random::Random;
use crate::db::models::AuditEvent;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal;)+) => {
        /// What happened. docs/accounts.md tells readers of the log.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $($(#[$doc])* $name,)+
        }

        impl Kind {
            /// Every word in the database.
            pub const WORDS: &[&str] = &[$($word),+];

            /// The word in the database.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }
        }
    };
}

kinds! {
    /// A new account.
    Registered = "registered";
    /// A new session on an account that existed.
    SignedIn = "signed_in";
    /// A sign-in that failed.
    SignInFailed = "sign_in_failed";
    /// A session that its owner ended from within.
    SignedOut = "signed_out";
    /// One or more sessions that their owner ended from another one.
    SessionsRevoked = "sessions_revoked";
    /// A refresh token was used after its successor had been: somebody has a copy. The session was ended.
    RefreshTokenReused = "refresh_token_reused";
    /// A new account that the operator made.
    UserCreated = "user_created";
    /// A new account that the operator moved in from another system.
    UserImported = "user_imported";
    /// The operator took away the use of an account. All its sessions were ended.
    UserDisabled = "user_disabled";
    /// The operator gave it back. No session came back with it.
    UserEnabled = "user_enabled";
    /// The operator changed what a person may do.
    RolesChanged = "roles_changed";
    /// The operator deleted an account.
    UserDeleted = "user_deleted";
    /// The operator had the keys that sign access tokens rotated. Of no person.
    KeysRotated = "keys_rotated";
    /// Somebody could not prove, once more or in place of a sign-in, that they own the account, or a new address of it.
    ProofFailed = "proof_failed";
    /// The owner changed the password.
    PasswordChanged = "password_changed";
    /// Somebody asked for a link that resets the password.
    PasswordResetRequested = "password_reset_requested";
    /// The password was replaced by way of a link or a code.
    PasswordReset = "password_reset";
    /// The owner changed the mobile number.
    MobileChanged = "mobile_changed";
    /// The owner changed the e-mail address.
    EmailChanged = "email_changed";
    /// Other names, or another picture.
    ProfileUpdated = "profile_updated";
    /// The owner deleted the account; it is erased later.
    DeletionScheduled = "deletion_scheduled";
    /// An operator opened a deleted account again.
    AccountRestored = "account_restored";
    /// The time of grace of a deleted account was over and it was erased; to whom that happened is not kept.
    UserErased = "user_erased";
    /// The owner took a copy of all that is held.
    DataExported = "data_exported";
    /// The person of a social provider was bound to the account.
    IdentityLinked = "identity_linked";
    /// And taken off it.
    IdentityUnlinked = "identity_unlinked";
    /// Another account was made one with this one, or this one with another.
    AccountsMerged = "accounts_merged";
    /// An operator took them apart again.
    AccountsUnmerged = "accounts_unmerged";
}

/// Makes entries.
#[derive(Clone)]
pub struct Audit {
    clock: Clock,
    random: Random,
}

impl Audit {
    #[must_use]
    pub fn new(clock: Clock, random: Random) -> Self {
        Self { clock, random }
    }

    /// An entry to be written, in the transaction of its cause where there is one. `method` is how the person proved,
    /// or tried to prove, who they are.
    #[must_use]
    pub fn event(
        &self,
        kind: Kind,
        user: Option<UserId>,
        session: Option<SessionId>,
        method: &str,
        client: &Client,
    ) -> AuditEvent {
        AuditEvent {
            id: AuditId::new(&self.clock, &self.random).into(),
            at: self.clock.now().into(),
            kind: kind.word().into(),
            user_id: user.map(Into::into),
            session_id: session.map(Into::into),
            address: Some(client.address.to_canonical().to_string()),
            user_agent: client.user_agent.clone(),
            detail: serde_json::json!({ "method": method, "request": client.request_id }).to_string(),
        }
    }

    /// The same entry with one value more in its detail.
    #[must_use]
    pub fn with(event: AuditEvent, name: &str, value: &str) -> AuditEvent {
        let mut detail: serde_json::Value = serde_json::from_str(&event.detail).unwrap_or_default();
        detail[name] = value.into();
        AuditEvent { detail: detail.to_string(), ..event }
    }

    /// An entry for what the operator does on the command line, to a person or to nobody: there is no client. `more` is
    /// put beside the method.
    #[must_use]
    pub fn by_operator(
        &self,
        kind: Kind,
        user: impl Into<Option<UserId>>,
        more: &[(&str, &[String])],
    ) -> AuditEvent {
        let mut detail = serde_json::json!({ "method": "command_line" });
        for (name, value) in more {
            detail[*name] = serde_json::json!(value);
        }
        AuditEvent {
            id: AuditId::new(&self.clock, &self.random).into(),
            at: self.clock.now().into(),
            kind: kind.word().into(),
            user_id: user.into().map(Into::into),
            session_id: None,
            address: None,
            user_agent: None,
            detail: detail.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_for_operators_tells_every_kind() {
        let page = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/accounts.md"));
        let (_, table) = page.split_once("| kind | what happened |\n").expect("a table of kinds");
        let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
        let words: Vec<&str> = rows.filter_map(|row| row.split('`').nth(1)).collect();
        let sorted = |words: &[&str]| {
            let mut words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
            words.sort();
            words
        };
        assert_eq!(sorted(&words), sorted(Kind::WORDS));
    }
}
