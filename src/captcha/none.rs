//! No captcha: everybody passes. The rate limits still apply.

use super::port::{CaptchaRefusal, Widget};

#[expect(clippy::unnecessary_wraps, reason = "part of the port: other services do refuse")]
pub(super) fn check() -> Result<(), CaptchaRefusal> {
    Ok(())
}

pub(super) fn widget() -> Option<Widget> {
    None
}
