//! One file a provider. Each speaks that provider's dialect and nothing else; none knows accounts.

mod github;
mod oidc;

pub use github::Github;
pub use oidc::Oidc;
