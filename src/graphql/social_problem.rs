//! The refusals of social sign-in.

use async_graphql::{Enum, SimpleObject};

use super::problem::shown;
use super::problem_code::ProblemCode;
use crate::core::language::Language;
use crate::outcome;
use crate::social::bind_social;
use crate::social::exchange::ProviderProblem;

/// The provider does not vouch for anybody.
#[derive(SimpleObject, Clone, Debug)]
pub struct ProviderRejected {
    /// `PROVIDER_REJECTED`: begin anew. `PROVIDER_UNAVAILABLE`: try again later.
    pub code: ProblemCode,
    /// In the caller's language.
    pub message: String,
    /// The provider's slug.
    pub provider: String,
    /// The provider's own error code, where it gave one; `docs/social.md` tells what they mean.
    pub provider_code: Option<String>,
}

impl ProviderRejected {
    pub fn new(problem: ProviderProblem, language: Language) -> Self {
        let provider = problem.provider.clone();
        let refusal = if problem.unavailable {
            outcome::Problem::ProviderUnavailable { provider }
        } else {
            outcome::Problem::ProviderRejected { provider }
        };
        let (code, message) = shown(&refusal, language);
        Self { code, message, provider: problem.provider, provider_code: problem.code }
    }
}

/// Which end of the bond is in use.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkConflict {
    /// The person of the provider is bound to an account already.
    IdentityLinked,
    /// The account is bound to another person of that provider.
    AccountLinked,
}

/// The person of the provider is bound to another account, or the account to another person of that provider.
#[derive(SimpleObject, Clone, Debug)]
pub struct AlreadyLinked {
    /// `ALREADY_LINKED`
    pub code: ProblemCode,
    /// In the caller's language.
    pub message: String,
    /// Which of the two.
    pub reason: LinkConflict,
}

impl AlreadyLinked {
    pub fn new(linked: bind_social::AlreadyLinked, language: Language) -> Self {
        let (reason, refusal) = match linked {
            bind_social::AlreadyLinked::Identity => {
                (LinkConflict::IdentityLinked, outcome::Problem::IdentityLinked { provider: String::new() })
            }
            bind_social::AlreadyLinked::Account => {
                (LinkConflict::AccountLinked, outcome::Problem::AccountLinked { provider: String::new() })
            }
        };
        let (code, message) = shown(&refusal, language);
        Self { code, message, reason }
    }
}
