//! One file a provider. Each speaks that provider's dialect and nothing else; none knows accounts.

mod oidc;

pub use oidc::Oidc;
