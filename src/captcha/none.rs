//! No captcha: everybody passes. The limits still hold.

use super::port::{CaptchaRefusal, Widget};

#[expect(clippy::unnecessary_wraps, reason = "the port: other services do refuse")]
pub(super) fn check() -> Result<(), CaptchaRefusal> {
    Ok(())
}

pub(super) fn widget() -> Option<Widget> {
    None
}
