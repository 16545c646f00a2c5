//! One file a provider. Each speaks that provider's dialect and nothing else; none knows accounts.

mod github;
#[cfg(test)]
mod github_tests;
mod oidc;
mod qq;
mod wechat;
mod weibo;

pub use github::Github;
pub use oidc::Oidc;
pub use qq::Qq;
pub use wechat::Wechat;
pub use weibo::Weibo;
