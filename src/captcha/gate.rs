//! The captcha service that the operator configured.

use std::net::IpAddr;

use super::none;
use super::port::{CaptchaAnswer, CaptchaRefusal, Widget};

/// Checks that a request comes from a human. Cheap to clone.
#[derive(Clone)]
pub struct Captcha(Provider);

/// One variant per file.
#[derive(Clone)]
enum Provider {
    None,
}

impl Captcha {
    /// Builds the captcha that lets everybody pass.
    #[must_use]
    pub fn none() -> Self {
        Self(Provider::None)
    }

    /// Checks the widget's response, together with the address of the client.
    #[expect(clippy::unused_async, reason = "part of the port: other services are asked over the network")]
    pub async fn check(
        &self,
        _answer: Option<&CaptchaAnswer>,
        _address: IpAddr,
    ) -> Result<(), CaptchaRefusal> {
        match &self.0 {
            Provider::None => none::check(),
        }
    }

    /// Returns what a page needs to show the widget; `None` where no captcha is configured.
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
    async fn without_a_service_everybody_passes_without_a_widget() {
        let captcha = Captcha::none();
        assert!(captcha.check(None, IpAddr::from([203, 0, 113, 7])).await.is_ok());
        assert_eq!(captcha.widget(), None);
    }
}
