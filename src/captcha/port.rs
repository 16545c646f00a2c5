//! What every captcha service receives and returns.

use crate::core::secret::SecretString;
use crate::outcome::Refusal;

/// The response of the widget in the browser. No `Debug`: a ticket is valid for one request of anybody.
#[derive(Clone)]
pub struct CaptchaAnswer {
    pub ticket: SecretString,
    /// The second part of the response, which some services have.
    pub randstr: Option<String>,
}

/// What a page needs to show the widget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Widget {
    /// The slug of the service.
    pub provider: String,
    /// The public key that identifies the installation to the service.
    pub site_key: String,
}

/// Why a request did not pass the captcha.
#[derive(Debug, thiserror::Error)]
pub enum CaptchaRefusal {
    /// The response is missing or was rejected. Without a configured service nobody is refused; the type is part of the
    /// contract with clients all the same.
    #[error("a captcha is required")]
    Required(Widget),
    /// The service cannot be reached, so nothing was decided.
    #[error(transparent)]
    Shared(#[from] Refusal),
}
