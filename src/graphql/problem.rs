//! The refusals that a caller must expect: types of the schema, all of which implement `Problem`.

use async_graphql::{Enum, Interface, SimpleObject};
use chrono::{DateTime, Utc};

use super::messages::{self, Refusal};
use super::problem_code::ProblemCode;
use super::social_problem::{AlreadyLinked, ProviderRejected};
use crate::core::language::Language;
use crate::core::problem::FieldFault;
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
    pub fn new(faults: Vec<FieldFault>, language: Language) -> Self {
        let problem = |FieldFault { path, fault }| FieldProblem {
            path,
            code: fault.code().to_owned(),
            message: fault.message(language),
        };
        Self {
            code: ProblemCode::InvalidInput,
            message: messages::of(Refusal::InvalidInput, language).into(),
            fields: faults.into_iter().map(problem).collect(),
        }
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
        let message = messages::of(Refusal::RateLimited, language).into();
        Self { code: ProblemCode::RateLimited, message, retry_at }
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
        let message = messages::of(Refusal::CaptchaRequired, language).into();
        Self { code: ProblemCode::CaptchaRequired, message, provider, site_key }
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
    pub fn new(field: &str, language: Language) -> Self {
        let message = messages::of(Refusal::IdentifierTaken, language).into();
        Self { code: ProblemCode::IdentifierTaken, message, field: field.into() }
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
        let refusal = match reason {
            CodeRejection::Wrong => Refusal::CodeWrong,
            CodeRejection::Expired => Refusal::CodeExpired,
            CodeRejection::UsedUp => Refusal::CodeUsedUp,
        };
        Self {
            code: ProblemCode::CodeRejected,
            message: messages::of(refusal, language).into(),
            reason,
            attempts_left: i32::try_from(attempts_left).unwrap_or(i32::MAX),
        }
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
        let message = messages::of(Refusal::MergeConflict, language).into();
        Self { code: ProblemCode::MergeConflict, message, provider }
    }
}

macro_rules! plain_problems {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
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
                Self { code: ProblemCode::$name, message: messages::of(Refusal::$name, language).into() }
            }
        }
    )+};
}

plain_problems! {
    /// The account or what was to prove its ownership is not right; which of them is not said.
    CredentialsRejected;
    /// The account was disabled by an operator. Said only to those who proved that it is theirs.
    AccountDisabled;
    /// Codes cannot be sent to numbers of this region.
    MobileNotSupported;
    /// Of `refreshSession`: the session has ended, sign in again. Of `revokeSession`: there is no such session; the
    /// caller's own goes on.
    SessionRejected;
    /// A link or ticket is unknown, used or expired: begin anew.
    TicketRejected;
    /// The caller has to prove again that the account is theirs: by the password, or by signing in anew.
    ReauthenticationRequired;
    /// Without it nobody could sign in to the account any more: add a password, an address or another provider first.
    LastWayIn;
}

impl SessionRejected {
    /// The caller has no other session of that id.
    pub fn unknown(language: Language) -> Self {
        let message = messages::of(Refusal::NoSuchSession, language).into();
        Self { code: ProblemCode::SessionRejected, message }
    }
}
