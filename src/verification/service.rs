//! The verification feature: sends codes, redeems them and reports on their delivery. It knows no accounts.

use super::codes::Codes;
use crate::captcha::Captcha;
use crate::config::codes::CodeSettings;
use crate::core::identifier::Region;
use crate::delivery::Outbox;
use crate::kit::Kit;
use crate::limits::SmsGuard;

/// Verification codes for mobile numbers and e-mail addresses. Cheap to clone.
#[derive(Clone)]
pub struct Verification {
    pub(super) kit: Kit,
    pub(super) codes: Codes,
    pub(super) captcha: Captcha,
    pub(super) outbox: Outbox,
    pub(super) sms_guard: SmsGuard,
    pub(super) sms_regions: Vec<Region>,
}

impl Verification {
    /// Builds the feature. `sms_regions` lists where codes can be sent by SMS; it is empty where no carrier is
    /// configured.
    #[must_use]
    pub fn new(
        kit: &Kit,
        captcha: Captcha,
        outbox: Outbox,
        settings: CodeSettings,
        sms_regions: Vec<Region>,
    ) -> Self {
        let codes =
            Codes::new(kit.store.clone(), &kit.master, kit.clock.clone(), kit.random.clone(), settings);
        let sms_guard = SmsGuard::new(kit.db.clone(), kit.limits.clone());
        Self { kit: kit.clone(), codes, captcha, outbox, sms_guard, sms_regions }
    }

    /// Returns the regions whose mobile numbers can receive codes; the first one is the default region.
    #[must_use]
    pub fn sms_regions(&self) -> &[Region] {
        &self.sms_regions
    }
}
