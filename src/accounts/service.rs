//! The accounts feature: what it is built from. Each use case is a method in a file of its own.

use super::notices::Notices;
use crate::captcha::Captcha;
use crate::config::accounts::{AccountSettings, PageUrl};
use crate::delivery::Outbox;
use crate::kit::Kit;
use crate::passwords::{Hasher, Policy};
use crate::sessions::Sessions;
use crate::verification::Verification;

/// Accounts: signing in, credentials, profiles, lifecycle and administration. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    pub(super) kit: Kit,
    pub(super) verification: Verification,
    pub(super) sessions: Sessions,
    pub(super) captcha: Captcha,
    pub(super) hasher: Hasher,
    pub(super) policy: Policy,
    pub(super) outbox: Outbox,
    pub(super) notices: Notices,
    pub(super) settings: AccountSettings,
    /// The page that password reset links open; from the configuration, never from a request.
    pub(super) reset_page: PageUrl,
}

/// What the feature is built from besides the kit.
pub struct AccountParts {
    pub verification: Verification,
    pub sessions: Sessions,
    pub captcha: Captcha,
    pub hasher: Hasher,
    pub policy: Policy,
    pub outbox: Outbox,
    pub settings: AccountSettings,
    pub reset_page: PageUrl,
}

impl Accounts {
    /// Builds the feature.
    #[must_use]
    pub fn new(kit: &Kit, parts: AccountParts) -> Self {
        let AccountParts { verification, sessions, captcha, hasher, policy, outbox, settings, reset_page } =
            parts;
        let notices = Notices::new(outbox.clone(), kit.clock.clone());
        Self {
            kit: kit.clone(),
            verification,
            sessions,
            captcha,
            hasher,
            policy,
            outbox,
            notices,
            settings,
            reset_page,
        }
    }
}
