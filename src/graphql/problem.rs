//! The refusals that clients must expect: types of the schema, all of which implement `Problem`.

use async_graphql::{Enum, Interface, SimpleObject};
use chrono::{DateTime, Utc};

use super::problem_code::{ProblemCode, shown};
use super::social_problem::{AlreadyLinked, ProviderRejected};
use crate::captcha;
use crate::core::language::Language;
use crate::outcome::{self, FieldError, IdentifierKind};
use crate::verification;

/// A refusal that clients must expect.
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

/// An invalid field.
#[derive(SimpleObject, Clone, Debug)]
pub struct FieldProblem {
    /// The path of the field: names from the input object inwards, joined by dots, such as `contact.mobile.code`.
    pub path: String,
    /// The reason, for programs: `TOO_SHORT`, `COMMON_PASSWORD`.
    pub code: String,
    /// The reason, in the caller's language.
    pub message: String,
}

/// One or more fields are invalid. Every one of them is listed.
#[derive(SimpleObject, Clone, Debug)]
pub struct InvalidInput {
    /// `INVALID_INPUT`
    pub code: ProblemCode,
    /// In the caller's language.
    pub message: String,
    /// The invalid fields.
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

/// Too many attempts.
#[derive(SimpleObject, Clone, Debug)]
pub struct RateLimited {
    /// `RATE_LIMITED`
    pub code: ProblemCode,
    /// In the caller's language.
    pub message: String,
    /// When the same request can succeed.
    pub retry_at: DateTime<Utc>,
}

impl RateLimited {
    pub fn new(retry_at: DateTime<Utc>, language: Language) -> Self {
        let (code, message) = shown(&outcome::Problem::RateLimited, language);
        Self { code, message, retry_at }
    }
}

/// Why a captcha is required.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "captcha::CaptchaReason")]
pub enum CaptchaReason {
    /// The request has no response of a captcha.
    Missing,
    /// The response of the captcha is wrong, expired or used, or belongs to another mutation.
    Rejected,
}

/// A captcha is required: solve it and repeat the request with its response.
#[derive(SimpleObject, Clone, Debug)]
pub struct CaptchaRequired {
    /// `CAPTCHA_REQUIRED`
    pub code: ProblemCode,
    /// In the caller's language.
    pub message: String,
    /// The slug of the captcha service.
    pub provider: String,
    /// The public key for the service's script; empty for ALTCHA.
    pub site_key: String,
    /// Whether the response was missing or rejected. The name differs from `CodeRejected.reason`, so that one document can
    /// select both.
    pub captcha_reason: CaptchaReason,
    /// The action to pass to the widget: the name of the mutation.
    pub action: String,
    /// The challenge for the widget of ALTCHA; null for other services.
    pub challenge_url: Option<String>,
}

impl CaptchaRequired {
    pub fn new(required: captcha::Required, language: Language) -> Self {
        let captcha::Required { widget, reason, action } = required;
        let problem = match reason {
            captcha::CaptchaReason::Missing => outcome::Problem::CaptchaRequired,
            captcha::CaptchaReason::Rejected => outcome::Problem::CaptchaRejected,
        };
        let (code, message) = shown(&problem, language);
        Self {
            code,
            message,
            provider: widget.provider,
            site_key: widget.site_key,
            captcha_reason: reason.into(),
            action: action.name().to_owned(),
            challenge_url: widget.challenge_url,
        }
    }
}

/// A user name, nickname, mobile number or e-mail address is already in use.
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
    /// `field` is the path of the input field.
    pub fn new(field: &str, language: Language) -> Self {
        // The last part of the path is the name of the identifier.
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

/// Why a code was rejected.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeRejection {
    /// The code was not sent to this contact for this purpose.
    Wrong,
    /// The code has expired.
    Expired,
    /// The code was already used, or too many wrong codes were entered.
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

/// The verification code was rejected.
#[derive(SimpleObject, Clone, Debug)]
pub struct CodeRejected {
    /// `CODE_REJECTED`
    pub code: ProblemCode,
    /// In the caller's language.
    pub message: String,
    /// Why the code was rejected.
    pub reason: CodeRejection,
    /// The number of remaining attempts for this contact and purpose.
    pub attempts_left: i32,
}

impl CodeRejected {
    pub fn new(
        reason: CodeRejection,
        attempts_left: u32,
        locked_minutes: Option<u32>,
        language: Language,
    ) -> Self {
        let problem = match reason {
            CodeRejection::Wrong => outcome::Problem::CodeWrong,
            CodeRejection::Expired => outcome::Problem::CodeExpired,
            CodeRejection::UsedUp if attempts_left == 0 => outcome::Problem::TooManyWrongCodes,
            CodeRejection::UsedUp => outcome::Problem::CodeAlreadyUsed,
        };
        let (code, message) = shown(&problem, language);
        let minutes = locked_minutes.unwrap_or(1).to_string();
        let message = message.replace(outcome::MINUTES, &minutes);
        Self { code, message, reason, attempts_left: i32::try_from(attempts_left).unwrap_or(i32::MAX) }
    }
}

/// Both accounts are linked to an account of the same provider, and an account can have only one: unlink one first.
#[derive(SimpleObject, Clone, Debug)]
pub struct MergeConflict {
    /// `MERGE_CONFLICT`
    pub code: ProblemCode,
    /// In the caller's language.
    pub message: String,
    /// The slug of the provider.
    pub provider: String,
}

impl MergeConflict {
    /// `name` is the provider's display name.
    pub fn new(provider: String, name: String, language: Language) -> Self {
        let (code, message) = shown(&outcome::Problem::MergeConflict { provider: name }, language);
        Self { code, message, provider }
    }
}

/// Defines problems that consist of a code and a message. `new` uses the default text, `because` another text of the
/// same code.
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
    /// The account is disabled. Disclosed only after the caller has verified that it is theirs.
    AccountDisabled = outcome::Problem::AccountDisabled;
    /// Codes cannot be sent to numbers of this region.
    MobileNotSupported = outcome::Problem::RegionNotSupported;
    /// `refreshSession`: the session has ended; sign in again. `revokeSession`: the caller has no such session.
    SessionRejected = outcome::Problem::SessionExpired;
    /// A link or ticket is unknown, used or expired: start again.
    TicketRejected = outcome::Problem::ResetLinkExpired;
    /// The caller has to re-authenticate: with the password, or by signing in again.
    ReauthenticationRequired = outcome::Problem::ReauthenticationRequired;
    /// This is the last way to sign in to the account: first add a password, a contact or another provider.
    LastWayIn = outcome::Problem::LastSignInMethod;
}

impl SessionRejected {
    /// The caller has no other session with this id.
    pub fn unknown(language: Language) -> Self {
        Self::because(&outcome::Problem::SessionNotFound, language)
    }
}
