//! Redeeming codes, for the features that ask for one.

use super::codes::{CodeError, CodeRejection};
use super::purpose::Purpose;
use super::service::Verification;
use crate::captcha::Subject;
use crate::core::client::Client;
use crate::core::contact::Contact;
use crate::core::guard::Guard;
use crate::core::invalid_value::InvalidValue;
use crate::core::secret::SecretString;
use crate::outcome::Refusal;

/// Why a code was rejected, or could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum CodeRefusal {
    #[error("the code was rejected: {reason:?}")]
    Rejected {
        reason: CodeRejection,
        /// How many wrong codes are still accepted for this contact and purpose. A new code does not reset the count.
        attempts_left: u32,
        /// After too many wrong codes: in how many minutes codes are accepted again.
        locked_minutes: Option<u32>,
    },
    #[error(transparent)]
    Shared(#[from] Refusal),
}

impl Verification {
    /// Parses a code as people type it: surrounding blanks are dropped, full-width digits count as digits.
    pub fn parse_code(&self, typed: &SecretString) -> Result<SecretString, InvalidValue> {
        self.codes.parse(typed)
    }

    /// Redeems a code, which is single-use. The guard makes it valid again unless it is kept: a code that achieved
    /// nothing, for example because a store failed afterwards, still belongs to the person.
    pub async fn redeem(
        &self,
        purpose: Purpose,
        contact: &Contact,
        code: &SecretString,
        client: &Client,
    ) -> Result<Guard, CodeRefusal> {
        match self.codes.redeem(purpose, &contact.key(), code).await {
            Ok(redemption) => {
                self.captcha.code_used(&contact.send_key()).await;
                if let Some(prefix) = contact.prefix() {
                    self.sms_guard.used(prefix);
                }
                let codes = self.codes.clone();
                Ok(Guard::new(async move { codes.restore(redemption).await }))
            }
            Err(CodeError::Rejected { reason, attempts_left, locked_minutes }) => {
                self.captcha.failed(Subject::Network, client).await;
                Err(CodeRefusal::Rejected { reason, attempts_left, locked_minutes })
            }
            Err(CodeError::Unavailable) => Err(Refusal::Unavailable("codes".into()).into()),
        }
    }

    /// Withdraws the codes for `purposes` that were sent to `contacts` and not redeemed yet. A failure is logged; the
    /// codes expire anyway.
    pub async fn withdraw_codes(&self, purposes: &[Purpose], contacts: &[Contact]) {
        for contact in contacts {
            self.codes.withdraw_all(purposes, &contact.key()).await;
        }
    }
}
