//! Delivery receipts: reports of SMS carriers that a message arrived, or did not.
//!
//! A receipt changes the delivery status of a message and nothing else. Receipts can arrive before the response to the
//! request, twice, and days later.

use super::sms::{Acknowledgement, ReceiptError, ReceiptRequest, Sms};
use crate::core::clock::Clock;
use crate::db::Db;
use crate::outcome::Refusal;

/// Accepts delivery receipts. Cheap to clone.
#[derive(Clone)]
pub struct Receipts {
    db: Db,
    clock: Clock,
    sms: Option<Sms>,
}

/// Why receipts are not accepted.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptRefusal {
    #[error("there is no such carrier")]
    UnknownCarrier,
    #[error(transparent)]
    Invalid(#[from] ReceiptError),
    #[error(transparent)]
    Shared(#[from] Refusal),
}

impl Receipts {
    #[must_use]
    pub fn new(db: Db, clock: Clock, sms: Option<Sms>) -> Self {
        Self { db, clock, sms }
    }

    /// Checks and stores the receipts of a request. Returns the response that the carrier expects.
    #[tracing::instrument(skip_all, fields(carrier))]
    pub async fn receive(
        &self,
        carrier: &str,
        request: &ReceiptRequest<'_>,
    ) -> Result<Acknowledgement, ReceiptRefusal> {
        let carrier =
            self.sms.as_ref().and_then(|sms| sms.find(carrier)).ok_or(ReceiptRefusal::UnknownCarrier)?;
        for receipt in carrier.parse_receipts(request)? {
            let known = self.db.record_receipt(carrier.name(), &receipt.into(), self.clock.now()).await?;
            if !known {
                tracing::debug!(carrier = carrier.name(), "receipt of a message that is not waiting for one");
            }
        }
        Ok(carrier.acknowledgement())
    }
}
