//! The captcha services, emulated: their wire formats, their error codes, and failures to choose from.
//!
//! `GET /sandbox/captcha/{service}/ticket` stands for the widget: it returns the ticket that the widget would return. The
//! parameter `failure` decides how the service behaves when the ticket is checked.

mod failure;
mod geetest;
mod hcaptcha;
mod shared;
mod tencent;
mod tencent_legacy;
mod tickets;
mod turnstile;
mod widget;

use std::sync::Arc;

use axum::Router;

use super::parts::Sandbox;
use shared::Shared;
use tickets::Tickets;

/// Routes everything below `/sandbox/captcha`.
pub(super) fn router(sandbox: &Sandbox) -> Router {
    let tickets = Tickets::new(sandbox.clock.clone(), sandbox.random.clone());
    Router::new()
        .merge(widget::routes())
        .merge(turnstile::routes())
        .merge(hcaptcha::routes())
        .merge(geetest::routes())
        .merge(tencent::routes())
        .merge(tencent_legacy::routes())
        .with_state(Arc::new(Shared { tickets, slow: sandbox.captcha_slow }))
}
