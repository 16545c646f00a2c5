//! Entries of the audit log: who, what, when, from where. No secrets and no addresses of people.

use crate::core::client::Client;
use crate::core::clock::Clock;
use crate::core::ids::{AuditId, SessionId, UserId};
use crate::core::random::Random;
use crate::db::models::AuditEvent;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A new account.
    Registered,
    /// A new session on an account that existed.
    SignedIn,
    /// A sign-in that failed.
    SignInFailed,
    /// A session that its owner ended from within.
    SignedOut,
    /// One or more sessions that their owner ended from another one.
    SessionsRevoked,
    /// A refresh token was used after its successor had been: somebody has a copy. The session was ended.
    RefreshTokenReused,
    /// A new account that the operator made.
    UserCreated,
    /// A new account that the operator moved in from another system.
    UserImported,
    /// The operator took away, or gave back, the use of an account. All its sessions were ended.
    UserDisabled,
    UserEnabled,
    /// The operator changed what a person may do.
    RolesChanged,
    /// The operator deleted an account.
    UserDeleted,
    /// Somebody could not prove, once more or in place of a sign-in, that they own the account, or a new address of it.
    ProofFailed,
    /// The owner changed the password.
    PasswordChanged,
    /// Somebody asked for a link that resets the password.
    PasswordResetRequested,
    /// The password was replaced by way of a link or a code.
    PasswordReset,
    /// Another mobile number.
    MobileChanged,
    /// Another e-mail address.
    EmailChanged,
    /// Other names, or another picture.
    ProfileUpdated,
    /// The owner deleted the account; it is erased later.
    DeletionScheduled,
    /// An operator opened a deleted account again.
    AccountRestored,
    /// The owner took a copy of all that is held.
    DataExported,
    /// The person of a social provider was bound to the account.
    IdentityLinked,
    /// And taken off it.
    IdentityUnlinked,
    /// Another account was made one with this one, or this one with another.
    AccountsMerged,
    /// An operator took them apart again.
    AccountsUnmerged,
}

impl Kind {
    /// The word in the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::SignedIn => "signed_in",
            Self::SignInFailed => "sign_in_failed",
            Self::SignedOut => "signed_out",
            Self::SessionsRevoked => "sessions_revoked",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::UserCreated => "user_created",
            Self::UserImported => "user_imported",
            Self::UserDisabled => "user_disabled",
            Self::UserEnabled => "user_enabled",
            Self::RolesChanged => "roles_changed",
            Self::UserDeleted => "user_deleted",
            Self::ProofFailed => "proof_failed",
            Self::PasswordChanged => "password_changed",
            Self::PasswordResetRequested => "password_reset_requested",
            Self::PasswordReset => "password_reset",
            Self::MobileChanged => "mobile_changed",
            Self::EmailChanged => "email_changed",
            Self::ProfileUpdated => "profile_updated",
            Self::DeletionScheduled => "deletion_scheduled",
            Self::AccountRestored => "account_restored",
            Self::DataExported => "data_exported",
            Self::IdentityLinked => "identity_linked",
            Self::IdentityUnlinked => "identity_unlinked",
            Self::AccountsMerged => "accounts_merged",
            Self::AccountsUnmerged => "accounts_unmerged",
        }
    }
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

    /// An entry for what the operator does on the command line: there is no client. `more` is put beside the method.
    #[must_use]
    pub fn by_operator(&self, kind: Kind, user: UserId, more: &[(&str, &[String])]) -> AuditEvent {
        let mut detail = serde_json::json!({ "method": "command_line" });
        for (name, value) in more {
            detail[*name] = serde_json::json!(value);
        }
        AuditEvent {
            id: AuditId::new(&self.clock, &self.random).into(),
            at: self.clock.now().into(),
            kind: kind.word().into(),
            user_id: Some(user.into()),
            session_id: None,
            address: None,
            user_agent: None,
            detail: detail.to_string(),
        }
    }
}
