//! Which audit entries are events for webhooks.

use crate::db::types::Kind;

/// Returns the type of the event that webhooks receive, or `None` if the kind is not published. docs/webhooks.md lists the
/// types; applications depend on them.
#[must_use]
pub fn event_type(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Registered => Some("user.registered"),
        Kind::UserCreated => Some("user.created"),
        Kind::UserImported => Some("user.imported"),
        Kind::SignedIn => Some("user.signed_in"),
        Kind::SignInFailed => Some("user.sign_in_failed"),
        Kind::SignedOut => Some("user.signed_out"),
        Kind::SessionsRevoked => Some("user.sessions_revoked"),
        Kind::RefreshTokenReused => Some("user.refresh_token_reused"),
        Kind::UserDisabled => Some("user.disabled"),
        Kind::UserEnabled => Some("user.enabled"),
        Kind::RolesChanged => Some("user.roles_changed"),
        Kind::UserDeleted => Some("user.deleted"),
        Kind::PasswordChanged => Some("user.password_changed"),
        Kind::PasswordReset => Some("user.password_reset"),
        Kind::MobileChanged => Some("user.mobile_changed"),
        Kind::EmailChanged => Some("user.email_changed"),
        Kind::ProfileUpdated => Some("user.profile_updated"),
        Kind::DeletionScheduled => Some("user.deletion_requested"),
        Kind::AccountRestored => Some("user.restored"),
        Kind::UserErased => Some("user.deletion_completed"),
        Kind::DataExported => Some("user.data_exported"),
        Kind::IdentityLinked => Some("user.identity_linked"),
        Kind::IdentityUnlinked => Some("user.identity_unlinked"),
        Kind::AccountsMerged => Some("user.merged"),
        Kind::AccountsUnmerged => Some("user.unmerged"),
        Kind::KeysRotated => Some("keys.rotated"),
        // Steps of a sign-in or a change whose end is published.
        Kind::ReauthenticationFailed | Kind::PasswordResetRequested => None,
    }
}
