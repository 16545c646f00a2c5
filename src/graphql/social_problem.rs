//! The refusals of social sign-in.

use async_graphql::{Enum, SimpleObject};

use super::messages::{self, Refusal};
use super::problem_code::ProblemCode;
use crate::core::language::Language;
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
        let (code, refusal) = if problem.unavailable {
            (ProblemCode::ProviderUnavailable, Refusal::ProviderUnavailable)
        } else {
            (ProblemCode::ProviderRejected, Refusal::ProviderRejected)
        };
        let message = messages::of(refusal, language).into();
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
            bind_social::AlreadyLinked::Identity => (LinkConflict::IdentityLinked, Refusal::IdentityLinked),
            bind_social::AlreadyLinked::Account => (LinkConflict::AccountLinked, Refusal::AccountLinked),
        };
        Self { code: ProblemCode::AlreadyLinked, message: messages::of(refusal, language).into(), reason }
    }
}
