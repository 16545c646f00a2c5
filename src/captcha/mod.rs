//! Proof of a human: the port, and one file a provider.

mod gate;
mod none;
mod port;

pub use gate::Captcha;
pub use port::{CaptchaAnswer, CaptchaRefusal, Widget};
