//! What every captcha service takes and gives.

use crate::core::secret::SecretString;

/// What the widget in the browser handed out. No `Debug`: a ticket is good for one call of anybody.
#[derive(Clone)]
pub struct CaptchaAnswer {
    pub ticket: SecretString,
    /// The second part of the answer, where a service has one.
    pub randstr: Option<String>,
}

/// What a page needs to show the widget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Widget {
    /// The service, by its slug.
    pub provider: String,
    /// Public: names the installation to the service.
    pub site_key: String,
}

/// Why a call did not pass.
#[derive(Debug, thiserror::Error)]
pub enum CaptchaRefusal {
    /// An answer is missing or was not accepted. Part of the contract with clients, which has to be whole before the
    /// first service is there; with none, nobody is refused.
    #[error("a captcha is asked for")]
    Required { provider: String, site_key: String },
    /// The service cannot be reached: nothing was decided. The same holds as above.
    #[error("the captcha service is unavailable")]
    Unavailable,
}
