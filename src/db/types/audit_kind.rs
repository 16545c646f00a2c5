//! Kinds of audit entries.

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Text;

/// The kind of an audit entry. docs/accounts.md lists them for readers of the log.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantNames,
    AsExpression,
    FromSqlRow,
)]
#[strum(serialize_all = "snake_case")]
#[diesel(sql_type = Text)]
pub enum Kind {
    /// A visitor registered an account.
    Registered,
    /// A session was opened on an existing account.
    SignedIn,
    /// A sign-in failed.
    SignInFailed,
    /// The owner signed out of the session that the request came with.
    SignedOut,
    /// One or more sessions were revoked from another session, or by an operator.
    SessionsRevoked,
    /// A refresh token was reused after its successor had been used, so somebody has a copy. The session was revoked.
    RefreshTokenReused,
    /// An operator created an account.
    UserCreated,
    /// An operator imported an account from another system.
    UserImported,
    /// An operator disabled an account. All its sessions were revoked.
    UserDisabled,
    /// An operator enabled an account. Revoked sessions stay revoked.
    UserEnabled,
    /// An operator changed the roles of an account.
    RolesChanged,
    /// An operator deleted an account.
    UserDeleted,
    /// An operator rotated the keys that sign access tokens. The entry has no account.
    KeysRotated,
    /// A re-authentication, a password reset or the verification of a new contact failed.
    #[strum(serialize = "proof_failed")]
    ReauthenticationFailed,
    /// The owner changed the password.
    PasswordChanged,
    /// A password reset link was requested.
    PasswordResetRequested,
    /// The password was reset by a link or a code.
    PasswordReset,
    /// The owner changed the mobile number.
    MobileChanged,
    /// The owner changed the e-mail address.
    EmailChanged,
    /// The owner changed the profile.
    ProfileUpdated,
    /// The owner deleted the account. Its data is deleted later.
    DeletionScheduled,
    /// An operator restored a deleted account.
    AccountRestored,
    /// The grace period of a deleted account ended, and its data was deleted. The entry has no account.
    UserErased,
    /// The owner exported the data of the account.
    DataExported,
    /// An identity at a provider was linked to the account.
    IdentityLinked,
    /// An identity at a provider was unlinked from the account.
    IdentityUnlinked,
    /// Another account was merged into this one, or this one into another.
    AccountsMerged,
    /// An operator undid a merge.
    AccountsUnmerged,
}
