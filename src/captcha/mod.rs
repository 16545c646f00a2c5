//! Captchas: the port, and one file per service.

mod gate;
mod none;
mod port;

pub use gate::Captcha;
pub use port::{CaptchaAnswer, CaptchaRefusal, Widget};
