//! Emulations of external services, for development only.
//!
//! `/dev/inbox` shows the SMS messages and e-mails that the inbox adapters of `delivery` stored. Below `/sandbox`, captcha services, QQ,
//! Weibo, WeChat, GitHub and an `OpenID` Connect provider are emulated with their wire formats.

mod captcha;
mod inbox;
mod parts;
mod social;

use axum::Router;

pub use parts::Sandbox;

/// Returns the routes of development mode. Production must not mount them: they show codes to everyone and sign in
/// anyone.
pub fn router(sandbox: Sandbox) -> Router {
    inbox::router(sandbox.db.clone()).merge(captcha::router(&sandbox)).merge(social::router(sandbox))
}
