//! `sendSms`: sends a code to a mobile number.

use super::purpose::Purpose;
use super::send_code::CodeSent;
use super::service::Verification;
use crate::captcha::{CaptchaAnswer, CaptchaClaim, CaptchaRefusal};
use crate::config::captcha::CaptchaAction;
use crate::core::client::Client;
use crate::core::contact::Contact;
use crate::core::identifier::{Mobile, MobileError};
use crate::core::invalid_value::InvalidValue;
use crate::outcome::Refusal;

/// Why no code was sent.
#[derive(Debug, thiserror::Error)]
pub enum SendSmsRefusal {
    #[error("codes cannot be sent to numbers of this region")]
    RegionNotSupported,
    #[error("no SMS carrier is configured")]
    NoCarrier,
    #[error(transparent)]
    Captcha(#[from] CaptchaRefusal),
}

impl Verification {
    /// Sends a code for `purpose` to `mobile`, as typed.
    #[tracing::instrument(skip_all, fields(purpose = purpose.word()))]
    pub async fn send_sms(
        &self,
        mobile: &str,
        purpose: Purpose,
        captcha: Option<&CaptchaAnswer>,
        client: &Client,
    ) -> Result<CodeSent, SendSmsRefusal> {
        if self.sms_regions.is_empty() {
            return Err(SendSmsRefusal::NoCarrier);
        }
        let mobile = Mobile::parse(mobile, &self.sms_regions).map_err(|error| match error {
            MobileError::NotSupported => SendSmsRefusal::RegionNotSupported,
            MobileError::Invalid => {
                CaptchaRefusal::from(Refusal::invalid("mobile", InvalidValue::NotAMobile)).into()
            }
        })?;
        let claim = CaptchaClaim { action: CaptchaAction::SendSms, answer: captcha };
        Ok(self.send_code(purpose, &Contact::Mobile(mobile), claim, client).await?)
    }
}
