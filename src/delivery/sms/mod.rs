//! The port for SMS messages: the carriers, and which of them serve which numbers.
//!
//! Each carrier is one file in this folder and one variant of [`Carrier`]. Carriers that accept free text send
//! [`Outgoing::text`]. Carriers with approved templates, which includes all carriers of mainland China, choose a template by
//! [`Outgoing::content`] and [`Outgoing::language`].

mod carrier;
mod carriers;
pub mod inbox;
mod outgoing;
mod port;

use std::sync::Arc;

pub use carrier::{Carrier, CarrierParts};
pub use carriers::Http as CarrierHttp;
pub use outgoing::Outgoing;
pub use port::{Acknowledgement, Checked, DeliveryReceipt, Queried, ReceiptError, ReceiptRequest, Sent};

/// The carriers of SMS messages in the order in which they are tried. Cheap to clone.
#[derive(Clone)]
pub struct Sms {
    mainland: Arc<[Carrier]>,
    international: Arc<[Carrier]>,
}

impl Sms {
    /// Builds the lists: one for numbers of mainland China (+86), one for all other numbers.
    #[must_use]
    pub fn new(mainland: Vec<Carrier>, international: Vec<Carrier>) -> Self {
        Self { mainland: mainland.into(), international: international.into() }
    }

    /// Builds the same list for all numbers.
    #[must_use]
    pub fn everywhere(carriers: Vec<Carrier>) -> Self {
        let carriers: Arc<[Carrier]> = carriers.into();
        Self { mainland: Arc::clone(&carriers), international: carriers }
    }

    /// Returns the carriers for a number in E.164 format, the preferred one first.
    #[must_use]
    pub fn carriers_for(&self, e164: &str) -> &[Carrier] {
        if e164.starts_with("+86") { &self.mainland } else { &self.international }
    }

    /// Returns the carrier with this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Carrier> {
        self.mainland.iter().chain(&*self.international).find(|carrier| carrier.name() == name)
    }

    /// Returns every carrier once.
    #[must_use]
    pub fn all(&self) -> Vec<&Carrier> {
        let mut all: Vec<&Carrier> = self.mainland.iter().collect();
        let known = |carrier: &&Carrier| self.mainland.iter().all(|other| other.name() != carrier.name());
        all.extend(self.international.iter().filter(known));
        all
    }
}
