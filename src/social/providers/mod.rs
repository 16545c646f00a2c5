//! One file per provider. Each implements the protocol of that provider and knows nothing about accounts.

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
