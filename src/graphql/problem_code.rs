//! The kinds of refusals.

use async_graphql::Enum;

/// What kind of refusal this is, for programs. New kinds may be added.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemCode {
    /// One or more fields are not acceptable.
    InvalidInput,
    /// Too many tries; `retryAt` tells when the next one may succeed.
    RateLimited,
    /// Proof of a human is asked for.
    CaptchaRequired,
    /// The account or what was to prove its ownership is not right; which of them is not said.
    CredentialsRejected,
    /// The account was disabled by an operator.
    AccountDisabled,
    /// A user name, nickname, mobile number or e-mail address belongs to another account.
    IdentifierTaken,
    /// The verification code is not good.
    CodeRejected,
    /// Codes cannot be sent to numbers of this region.
    MobileNotSupported,
    /// Of `refreshSession`: the session has ended, sign in again. Of `revokeSession`: there is no such session; the
    /// caller's own goes on.
    SessionRejected,
    /// A link or ticket is unknown, used or expired: begin anew.
    TicketRejected,
    /// The caller has to prove again that the account is theirs: by the password, or by signing in anew.
    ReauthenticationRequired,
    /// The provider does not take what the browser brought: begin anew.
    ProviderRejected,
    /// The provider does not answer, or refuses this gateway: try again later.
    ProviderUnavailable,
    /// The person of the provider is bound to another account, or the account has another person of that provider.
    AlreadyLinked,
    /// Two accounts that are to be one have a person of the same provider each.
    MergeConflict,
    /// Without it nobody could sign in to the account any more.
    LastWayIn,
}
