//! Captchas: when one is required, and one file per service that checks the response of its widget.

mod altcha;
mod gate;
mod geetest;
mod hcaptcha;
mod http;
mod port;
mod service;
mod suspicion;
mod tencent;
mod tencent_disaster;
mod tencent_legacy;
#[cfg(test)]
mod tests;
mod turnstile;

pub use altcha::AltchaChallenge;
pub use gate::Captcha;
pub use port::{CaptchaAnswer, CaptchaClaim, CaptchaReason, CaptchaRefusal, Required, Widget};
pub use suspicion::Subject;
