//! The captcha services: one variant per file.

use super::altcha::Altcha;
use super::geetest::Geetest;
use super::hcaptcha::Hcaptcha;
use super::http::Http;
use super::port::{CheckError, Evidence, Rejected, Unique};
use super::tencent::Tencent;
use super::tencent_legacy::TencentLegacy;
use super::turnstile::Turnstile;
use crate::config::captcha::{CaptchaProvider, CaptchaSettings};
use crate::core::clock::Clock;
use crate::core::random::Random;
use crate::core::secret::MasterKey;

/// A captcha service.
pub(super) enum Service {
    Altcha(Box<Altcha>),
    Turnstile(Turnstile),
    Hcaptcha(Hcaptcha),
    Geetest(Geetest),
    Tencent(Tencent),
    TencentLegacy(TencentLegacy),
}

impl Service {
    /// Builds the configured service; `None` where there is none.
    ///
    /// # Errors
    /// A message for the operator.
    pub(super) fn new(
        settings: &CaptchaSettings,
        master: &MasterKey,
        clock: &Clock,
        random: &Random,
    ) -> Result<Option<Self>, String> {
        let http = || Http::new(settings.timeout);
        Ok(Some(match settings.provider {
            CaptchaProvider::None => return Ok(None),
            CaptchaProvider::Altcha => {
                let altcha = Altcha::new(&settings.altcha, master, clock.clone(), random.clone());
                Self::Altcha(Box::new(altcha))
            }
            CaptchaProvider::Turnstile => Self::Turnstile(Turnstile::new(settings, http()?, random.clone())),
            CaptchaProvider::Hcaptcha => Self::Hcaptcha(Hcaptcha::new(settings, http()?)),
            CaptchaProvider::Geetest => Self::Geetest(Geetest::new(settings, http()?)),
            CaptchaProvider::Tencent => Self::Tencent(Tencent::new(settings, http()?)),
            CaptchaProvider::TencentLegacy => Self::TencentLegacy(TencentLegacy::new(settings, http()?)),
        }))
    }

    /// Returns what makes the response unique. A response that no service would accept is rejected here, without a
    /// request to the service.
    pub(super) fn unique(&self, evidence: &Evidence<'_>) -> Result<Unique, Rejected> {
        match self {
            Self::Altcha(altcha) => altcha.check(evidence),
            Self::Turnstile(_) => Turnstile::unique(evidence),
            Self::Hcaptcha(_) => Ok(Hcaptcha::unique(evidence)),
            Self::Geetest(_) => Geetest::unique(evidence),
            Self::Tencent(tencent) => tencent.unique(evidence),
            Self::TencentLegacy(_) => TencentLegacy::unique(evidence),
        }
    }

    /// Asks the service.
    pub(super) async fn check(&self, evidence: &Evidence<'_>) -> Result<(), CheckError> {
        match self {
            // Everything was checked before.
            Self::Altcha(_) => Ok(()),
            Self::Turnstile(turnstile) => turnstile.check(evidence).await,
            Self::Hcaptcha(hcaptcha) => hcaptcha.check(evidence).await,
            Self::Geetest(geetest) => geetest.check(evidence).await,
            Self::Tencent(tencent) => tencent.check(evidence).await,
            Self::TencentLegacy(tencent) => tencent.check(evidence).await,
        }
    }

    /// Returns a new challenge, where this installation makes them itself.
    pub(super) fn altcha(&self) -> Option<&Altcha> {
        match self {
            Self::Altcha(altcha) => Some(altcha),
            Self::Turnstile(_)
            | Self::Hcaptcha(_)
            | Self::Geetest(_)
            | Self::Tencent(_)
            | Self::TencentLegacy(_) => None,
        }
    }
}
