//! Development only: what stands in for the world outside.
//!
//! `/dev/inbox` shows the text messages and mails that the inbox adapters of `delivery` wrote down. Under `/sandbox`
//! are QQ, Weibo, WeChat, GitHub and a provider of `OpenID` Connect that speak as the real ones do.

mod captcha;
mod inbox;
mod parts;
mod social;

use axum::Router;

pub use parts::Sandbox;

/// The pages of development mode. Production must not mount them: they show codes to whoever asks, and sign in whoever
/// likes.
pub fn router(sandbox: Sandbox) -> Router {
    inbox::router(sandbox.db.clone()).merge(captcha::router(&sandbox)).merge(social::router(sandbox))
}
