//! `sendSms`: a code to a mobile number.

use super::contact::Contact;
use super::denied::Denied;
use super::purpose::Purpose;
use super::sending::{CodeSent, Sending};
use crate::captcha::CaptchaAnswer;
use crate::core::client::Client;
use crate::core::identifier::{Mobile, MobileFault, Region};
use crate::core::problem::{Fault, FieldFault};

/// Why no code was sent.
#[derive(Debug, thiserror::Error)]
pub enum SendRefusal {
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error("numbers of this region get no codes")]
    RegionNotSupported,
}

/// Sends codes by SMS. `regions` is empty where no carrier is configured: then no number can get a code.
#[derive(Clone)]
pub struct SendSms {
    sending: Sending,
    regions: Vec<Region>,
}

impl SendSms {
    #[must_use]
    pub fn new(sending: Sending, regions: Vec<Region>) -> Self {
        Self { sending, regions }
    }

    /// Sends a code for `purpose` to `mobile`.
    ///
    /// # Errors
    /// [`SendRefusal`].
    pub async fn run(
        &self,
        mobile: &str,
        purpose: Purpose,
        captcha: Option<&CaptchaAnswer>,
        client: &Client,
    ) -> Result<CodeSent, SendRefusal> {
        if self.regions.is_empty() {
            return Err(SendRefusal::RegionNotSupported);
        }
        let mobile = Mobile::parse(mobile, &self.regions).map_err(|fault| match fault {
            MobileFault::NotSupported => SendRefusal::RegionNotSupported,
            MobileFault::Invalid => {
                Denied::Invalid(vec![FieldFault::new("mobile", Fault::NotAMobile)]).into()
            }
        })?;
        Ok(self.sending.send(purpose, &Contact::Mobile(mobile), captcha, client).await?)
    }
}
