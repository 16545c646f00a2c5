//! The refusals that a caller must expect: types of the schema, all of which implement `Problem`.

use async_graphql::{Enum, Interface, SimpleObject};
use chrono::{DateTime, Utc};

use super::problem_code::ProblemCode;
use super::social_problem::{AlreadyLinked, ProviderRejected};
use crate::core::language::Language;
use crate::outcome::{self, FieldError, IdentifierKind};
use crate::verification;

/// A refusal that a caller must expect.
#[derive(Interface)]
#[graphql(
    field(name = "code", ty = "&ProblemCode", desc = "The kind of refusal, for programs."),
    field(name = "message", ty = "&String", desc = "The refusal in the caller's language, for people.")
)]
pub enum Problem {
    InvalidInput(InvalidInput),
    RateLimited(RateLimited),
    CaptchaRequired(CaptchaRequired),
    CredentialsRejected(CredentialsRejected),
    AccountDisabled(AccountDisabled),
    IdentifierTaken(IdentifierTaken),
    CodeRejected(CodeRejected),
    MobileNotSupported(MobileNotSupported),
    SessionRejected(SessionRejected),
    TicketRejected(TicketRejected),
    ReauthenticationRequired(ReauthenticationRequired),
    ProviderRejected(ProviderRejected),
    AlreadyLinked(AlreadyLinked),
    MergeConflict(MergeConflict),
    LastWayIn(LastWayIn),
}

/// One field that is not acceptable.
#[derive(SimpleObject, Clone, Debug)]
pub struct FieldProblem {
    /// Names from the input object inwards, joined by dots: `contact.mobile.code`.
    pub path: String,
    /// What is wrong, for programs: `TOO_SHORT`, `COMMON_PASSWORD`.
    pub code: String,
    /// What is wrong, in the caller's language.
    pub message: String,
}

/// One or more fields are not acceptable; every one of them is named.
#[derive(SimpleObject, Clone, Debug)]
pub struct InvalidInput {
    /// `INVALID_INPUT`
    pub code: ProblemCode,
    /// In the caller's language.
    pub message: String,
    /// Every bad field at once.
    pub fields: Vec<FieldProblem>,
}

impl InvalidInput {
    pub fn new(errors: Vec<FieldError>, language: Language) -> Self {
        let field = |FieldError { path, reason }| FieldProblem {
            path,
            code: reason.code().to_owned(),
            message: reason.message(language),
        };
        let (code, message) = shown(&outcome::Problem::InvalidInput, language);
        Self { code, message, fields: errors.into_iter().map(field).collect() }
    }
}

/// Too many tries.
#[derive(SimpleObject, Clone, Debug)]
pub struct RateLimited {
    /// `RATE_LIMITED`
    pub code: ProblemCode,
    /// In the caller's language.
    pub message: String,
    /// The moment from which the same call may succeed.
    pub retry_at: DateTime<Utc>,
}

impl RateLimited {
    pub fn new(retry_at: DateTime<Utc>, language: Language) -> Self {
        let (code, message) = shown(&outcome::Problem::RateLimited, language);
        Self { code, message, retry_at }
    }
}

/// Proof of a human is asked for: solve the named captcha and call again with its answer.
#[derive(SimpleObject, Clone, Debug)]
pub struct CaptchaRequired {
    /// `CAPTCHA_REQUIRED`
    pub code: ProblemCode,
    /// In the caller's language.
    pub message: String,
    /// The captcha service, by its slug.
    pub provider: String,
    /// The public key that the service's script wants.
    pub site_key: String,
}

impl CaptchaRequired {
    pub fn new(provider: String, site_key: String, language: Language) -> Self {
        let (code, message) = shown(&outcome::Problem::CaptchaRequired, language);
        Self { code, message, provider, site_key }
    }
}

/// A user name, nickname, mobile number or e-mail address belongs to another account.
#[derive(SimpleObject, Clone, Debug)]
pub struct IdentifierTaken {
    /// `IDENTIFIER_TAKEN`
    pub code: ProblemCode,
    /// In the caller's language.
    pub message: String,
    /// The input field: `username`, `nickname`, `contact.mobile.mobile`, `contact.email.email`,
    /// `mobile.mobile`, `email.email`.
    pub field: String,
}

impl IdentifierTaken {
    /// `field`: the path of the input field.
    pub fn new(field: &str, language: Language) -> Self {
        // The last name of the path is that of the identifier.
        let kind = match field.rsplit('.').next() {
            Some("nickname") => IdentifierKind::Nickname,
            Some("mobile") => IdentifierKind::Mobile,
            Some("email") => IdentifierKind::Email,
            _ => IdentifierKind::Username,
        };
        let (code, message) = shown(&outcome::Problem::IdentifierTaken(kind), language);
        Self { code, message, field: field.into() }
    }
}

/// Why a code was not taken.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeRejection {
    /// It is not the code that was sent to this address for this purpose.
    Wrong,
    /// It was right, but its time is over.
    Expired,
    /// It was used already, or tried too often: ask for a new one later.
    UsedUp,
}

impl From<verification::CodeRejection> for CodeRejection {
    fn from(reason: verification::CodeRejection) -> Self {
        match reason {
            verification::CodeRejection::Wrong => Self::Wrong,
            verification::CodeRejection::Expired => Self::Expired,
            verification::CodeRejection::UsedUp => Self::UsedUp,
        }
    }
}

/// The verification code is not good.
#[derive(SimpleObject, Clone, Debug)]
pub struct CodeRejected {
    /// `CODE_REJECTED`
    pub code: ProblemCode,
    /// In the caller's language.
    pub message: String,
    /// Why it was not taken.
    pub reason: CodeRejection,
    /// How many more tries there are for this address and purpose.
    pub attempts_left: i32,
}

impl CodeRejected {
    pub fn new(reason: CodeRejection, attempts_left: u32, language: Language) -> Self {
        let problem = match reason {
            CodeRejection::Wrong => outcome::Problem::CodeWrong,
            CodeRejection::Expired => outcome::Problem::CodeExpired,
            CodeRejection::UsedUp if attempts_left == 0 => outcome::Problem::TooManyWrongCodes,
            CodeRejection::UsedUp => outcome::Problem::CodeAlreadyUsed,
        };
        let (code, message) = shown(&problem, language);
        Self { code, message, reason, attempts_left: i32::try_from(attempts_left).unwrap_or(i32::MAX) }
    }
}

/// Both accounts have a person of the same provider, and an account has one at the most: unlink one first.
#[derive(SimpleObject, Clone, Debug)]
pub struct MergeConflict {
    /// `MERGE_CONFLICT`
    pub code: ProblemCode,
    /// In the caller's language.
    pub message: String,
    /// The provider's slug.
    pub provider: String,
}

impl MergeConflict {
    pub fn new(provider: String, language: Language) -> Self {
        let (code, message) =
            shown(&outcome::Problem::MergeConflict { provider: provider.clone() }, language);
        Self { code, message, provider }
    }
}

/// Returns the code and the text of a problem.
pub(super) fn shown(problem: &outcome::Problem, language: Language) -> (ProblemCode, String) {
    (problem.code().into(), problem.message(language).into_owned())
}

/// Defines problems that consist of a code and a message. `new` uses the problem's usual text, `because` another one of
/// the same code.
macro_rules! plain_problems {
    ($($(#[$doc:meta])* $name:ident = $usual:expr;)+) => {$(
        $(#[$doc])*
        #[derive(SimpleObject, Clone, Debug)]
        pub struct $name {
            /// The kind of refusal.
            pub code: ProblemCode,
            /// In the caller's language.
            pub message: String,
        }

        impl $name {
            pub fn new(language: Language) -> Self {
                Self::because(&$usual, language)
            }

            pub fn because(problem: &outcome::Problem, language: Language) -> Self {
                let (code, message) = shown(problem, language);
                Self { code, message }
            }
        }
    )+};
}

plain_problems! {
    /// The account or the credentials are wrong; which of them is not disclosed.
    CredentialsRejected = outcome::Problem::WrongCredentials;
    /// An operator disabled the account. Disclosed only after the caller proved that the account is theirs.
    AccountDisabled = outcome::Problem::AccountDisabled;
    /// Codes cannot be sent to numbers of this region.
    MobileNotSupported = outcome::Problem::RegionNotSupported;
    /// `refreshSession`: the session has ended; sign in again. `revokeSession`: the caller has no such session.
    SessionRejected = outcome::Problem::SessionExpired;
    /// A link or ticket is unknown, used or expired: start again.
    TicketRejected = outcome::Problem::ResetLinkExpired;
    /// The caller has to confirm their identity: with the password, or by signing in again.
    ReauthenticationRequired = outcome::Problem::ReauthenticationRequired;
    /// Without it nobody could sign in to the account: first add a password, a contact or another provider.
    LastWayIn = outcome::Problem::LastSignInMethod;
}

impl SessionRejected {
    /// The caller has no other session with this id.
    pub fn unknown(language: Language) -> Self {
        Self::because(&outcome::Problem::SessionNotFound, language)
    }
}
