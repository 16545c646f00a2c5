//! The captcha that the operator chose.

use std::net::IpAddr;

use super::none;
use super::port::{CaptchaAnswer, CaptchaRefusal, Widget};

/// Tells people from programs. Cheap to clone.
#[derive(Clone)]
pub struct Captcha(Provider);

/// One variant a file.
#[derive(Clone)]
enum Provider {
    None,
}

impl Captcha {
    /// Nobody is asked.
    #[must_use]
    pub fn none() -> Self {
        Self(Provider::None)
    }

    /// Whether the call may go on, by the answer that came with it and the address it came from.
    ///
    /// # Errors
    /// [`CaptchaRefusal`].
    #[expect(clippy::unused_async, reason = "the port: other services are asked over the network")]
    pub async fn check(
        &self,
        _answer: Option<&CaptchaAnswer>,
        _address: IpAddr,
    ) -> Result<(), CaptchaRefusal> {
        match &self.0 {
            Provider::None => none::check(),
        }
    }

    /// What a page needs to show the widget; `None` where nobody is asked.
    #[must_use]
    pub fn widget(&self) -> Option<Widget> {
        match &self.0 {
            Provider::None => none::widget(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_a_service_everybody_passes_and_no_widget_is_shown() {
        let captcha = Captcha::none();
        assert!(captcha.check(None, IpAddr::from([203, 0, 113, 7])).await.is_ok());
        assert_eq!(captcha.widget(), None);
    }
}
