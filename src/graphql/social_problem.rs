//! The refusals of social sign-in.

use async_graphql::{Enum, SimpleObject};

use super::problem_code::{ProblemCode, shown};
use crate::core::language::Language;
use crate::outcome;
use crate::social::bind_social;
use crate::social::exchange::ProviderProblem;

/// The provider rejected the sign-in, or is unavailable.
#[derive(SimpleObject, Clone, Debug)]
pub struct ProviderRejected {
    /// `PROVIDER_REJECTED`: start again. `PROVIDER_UNAVAILABLE`: try again later.
    pub code: ProblemCode,
    /// In the caller's language.
    pub message: String,
    /// The slug of the provider.
    pub provider: String,
    /// The provider's own error code, if it returned one; `docs/social.md` explains them.
    pub provider_code: Option<String>,
}

impl ProviderRejected {
    /// `name` is the provider's display name.
    pub fn new(problem: ProviderProblem, name: &str, language: Language) -> Self {
        let provider = name.to_owned();
        let refusal = if problem.unavailable {
            outcome::Problem::ProviderUnavailable { provider }
        } else {
            outcome::Problem::ProviderRejected { provider }
        };
        let (code, message) = shown(&refusal, language);
        Self { code, message, provider: problem.provider, provider_code: problem.code }
    }
}

/// Which side is already linked.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkConflict {
    /// The provider's account is linked to another account.
    IdentityLinked,
    /// The account is linked to another account of the provider.
    AccountLinked,
}

/// The provider's account is linked to another account, or the account is linked to another account of the provider.
#[derive(SimpleObject, Clone, Debug)]
pub struct AlreadyLinked {
    /// `ALREADY_LINKED`
    pub code: ProblemCode,
    /// In the caller's language.
    pub message: String,
    /// Which of the two is already linked.
    pub reason: LinkConflict,
}

impl AlreadyLinked {
    /// `name` is the provider's display name.
    pub fn new(reason: bind_social::AlreadyLinked, name: &str, language: Language) -> Self {
        let provider = name.to_owned();
        let (reason, problem) = match reason {
            bind_social::AlreadyLinked::Identity => {
                (LinkConflict::IdentityLinked, outcome::Problem::IdentityLinked { provider })
            }
            bind_social::AlreadyLinked::Account => {
                (LinkConflict::AccountLinked, outcome::Problem::AccountLinked { provider })
            }
        };
        let (code, message) = shown(&problem, language);
        Self { code, message, reason }
    }
}
