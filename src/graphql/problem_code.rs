//! The kinds of refusals, as the schema publishes them.

use async_graphql::Enum;

use crate::core::language::Language;
use crate::outcome;

/// The kind of a refusal, for programs. New kinds may be added.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "outcome::ProblemCode")]
pub enum ProblemCode {
    /// One or more fields are invalid.
    InvalidInput,
    /// Too many attempts. `retryAt` says when the next one can succeed.
    RateLimited,
    /// A captcha is required.
    CaptchaRequired,
    /// The account or the credentials are wrong; which of them is not disclosed.
    CredentialsRejected,
    /// The account was disabled by an operator.
    AccountDisabled,
    /// A user name, nickname, mobile number or e-mail address is already in use.
    IdentifierTaken,
    /// The verification code was rejected.
    CodeRejected,
    /// Codes cannot be sent to numbers of this region.
    MobileNotSupported,
    /// The session has ended, or the caller has no such session.
    SessionRejected,
    /// A link or ticket is unknown, used or expired: start again.
    TicketRejected,
    /// The caller has to re-authenticate: with the password, or by signing in again.
    ReauthenticationRequired,
    /// The provider rejected the sign-in: start again.
    ProviderRejected,
    /// The provider is unavailable, or refuses this gateway: try again later.
    ProviderUnavailable,
    /// The provider's account is linked to another account, or the account is linked to another account of the provider.
    AlreadyLinked,
    /// Both accounts are linked to an account of the same provider.
    MergeConflict,
    /// This is the last way to sign in to the account.
    LastWayIn,
}

/// Returns the code and the text of a problem.
pub(super) fn shown(problem: &outcome::Problem, language: Language) -> (ProblemCode, String) {
    (problem.code().into(), problem.message(language).into_owned())
}
