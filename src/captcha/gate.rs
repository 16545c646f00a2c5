//! The captcha as use cases see it.

use std::sync::Arc;
use std::time::Duration;

use super::altcha::AltchaChallenge;
use super::port::{
    CaptchaClaim, CaptchaReason, CaptchaRefusal, CheckError, Evidence, Required, Unique, Widget,
};
use super::service::Service;
use super::suspicion::{self, Subject};
use crate::config::captcha::{CaptchaAction, CaptchaMode, CaptchaProvider, CaptchaSettings, OnOutage};
use crate::config::http::Origin;
use crate::core::client::Client;
use crate::core::clock::Clock;
use crate::core::guard::Guard;
use crate::core::secret::ExposeSecret as _;
use crate::kit::Kit;
use crate::limits::{Limiter, LoginKeys};
use crate::outcome::Refusal;

/// The path where the widget of ALTCHA gets its challenge.
const CHALLENGE_PATH: &str = "/captcha/challenge";
/// In bytes. The longest responses of widgets have about 4 KiB.
const MAX_TICKET: usize = 8 * 1024;

/// Checks that a request comes from a human, where it is required. Cheap to clone.
#[derive(Clone)]
pub struct Captcha(Option<Arc<Gate>>);

struct Gate {
    service: Service,
    settings: CaptchaSettings,
    widget: Widget,
    limits: Limiter,
    clock: Clock,
}

impl Captcha {
    /// Builds the configured captcha. `public_url` is the address of this gateway.
    ///
    /// # Errors
    /// A message for the operator.
    pub fn new(kit: &Kit, settings: &CaptchaSettings, public_url: &Origin) -> Result<Self, String> {
        let Some(service) = Service::new(settings, &kit.master, &kit.clock, &kit.random)? else {
            return Ok(Self(None));
        };
        let altcha = settings.provider == CaptchaProvider::Altcha;
        let widget = Widget {
            provider: settings.provider.slug().to_owned(),
            site_key: settings.site_key.clone(),
            challenge_url: altcha.then(|| format!("{}{CHALLENGE_PATH}", public_url.as_str())),
        };
        let (limits, clock) = (kit.limits.clone(), kit.clock.clone());
        Ok(Self(Some(Arc::new(Gate { service, settings: settings.clone(), widget, limits, clock }))))
    }

    /// Builds the captcha that is never required.
    #[must_use]
    pub fn none() -> Self {
        Self(None)
    }

    /// Checks the response of the widget if a captcha is required for this request. Counts what makes later requests
    /// suspicious.
    pub async fn check(
        &self,
        claim: CaptchaClaim<'_>,
        subject: Subject<'_>,
        client: &Client,
    ) -> Result<(), CaptchaRefusal> {
        let Some(gate) = &self.0 else { return Ok(()) };
        if !gate.settings.actions.contains(&claim.action) {
            return Ok(());
        }
        let network = client.network();
        let attempts = suspicion::attempts(&gate.settings.suspicion, claim.action, subject, &network);
        if gate.is_required(claim.action, subject, &network, &attempts).await? {
            gate.verify(claim, client, &network).await?;
        }
        if !attempts.is_empty() {
            gate.limits.count(&attempts, gate.settings.suspicion.window).await?;
        }
        Ok(())
    }

    /// Counts a failed sign-in or a rejected code.
    pub async fn failed(&self, subject: Subject<'_>, client: &Client) {
        let Some(gate) = &self.0 else { return };
        let network = client.network();
        let failures = suspicion::failures(&gate.settings.suspicion, subject, &network);
        if let Err(error) = gate.limits.count(&failures, gate.settings.suspicion.window).await {
            tracing::warn!(%error, "a failed attempt was not counted for the captcha");
        }
    }

    /// Resets the count of failed sign-ins to the account, or of its known device.
    pub async fn signed_in(&self, keys: &LoginKeys) {
        self.clear(Subject::Account(keys)).await;
    }

    /// Resets the count of unused codes of the destination.
    pub async fn code_used(&self, destination: &str) {
        self.clear(Subject::Destination { key: destination, prefix: None, doubtful: false }).await;
    }

    /// Returns what a page needs to show the widget; `None` where no captcha is configured.
    #[must_use]
    pub fn widget(&self) -> Option<Widget> {
        self.0.as_ref().map(|gate| gate.widget.clone())
    }

    /// Returns a new challenge for the widget of ALTCHA; `None` with another service, and for actions without captcha.
    #[must_use]
    pub fn challenge(&self, action: CaptchaAction, client: &Client) -> Option<AltchaChallenge> {
        let gate = self.0.as_ref()?;
        let guarded = gate.settings.actions.contains(&action);
        gate.service.altcha().filter(|_| guarded).map(|altcha| altcha.challenge(action, &client.network()))
    }

    async fn clear(&self, subject: Subject<'_>) {
        if let Some(gate) = &self.0
            && let Some(counter) = suspicion::own(&gate.settings.suspicion, subject)
        {
            gate.limits.reset(&counter).await;
        }
    }
}

impl Gate {
    async fn is_required(
        &self,
        action: CaptchaAction,
        subject: Subject<'_>,
        network: &str,
        attempts: &[crate::limits::Counter],
    ) -> Result<bool, Refusal> {
        let doubtful = matches!(subject, Subject::Destination { doubtful: true, .. });
        if doubtful || self.settings.mode == CaptchaMode::Always {
            return Ok(true);
        }
        let mut counters = suspicion::failures(&self.settings.suspicion, subject, network);
        counters.extend_from_slice(attempts);
        let exceeded = self.limits.exceeded(&counters, self.settings.suspicion.window).await?;
        if let Some(counter) = exceeded {
            tracing::info!(action = action.name(), counter, "suspicious: a captcha is required");
        }
        Ok(exceeded.is_some())
    }

    async fn verify(
        &self,
        claim: CaptchaClaim<'_>,
        client: &Client,
        network: &str,
    ) -> Result<(), CaptchaRefusal> {
        let action = claim.action;
        let Some(answer) = claim.answer else { return Err(self.required(action, CaptchaReason::Missing)) };
        let rejected = |reason: &str| {
            let provider = self.widget.provider.as_str();
            tracing::info!(provider, action = action.name(), reason, "captcha rejected");
            Err(self.required(action, CaptchaReason::Rejected))
        };
        let ticket = answer.ticket.expose_secret();
        if ticket.is_empty() || ticket.len() > MAX_TICKET {
            return rejected("empty or too long");
        }
        let evidence = Evidence {
            ticket,
            randstr: answer.randstr.as_deref(),
            action,
            address: client.address.to_canonical(),
            network,
            now: self.clock.now(),
        };
        let Unique { id, lifetime, forgeable } = match self.service.unique(&evidence) {
            Ok(unique) => unique,
            Err(reason) => return rejected(&reason.0),
        };
        if forgeable && !self.take_forgeable(network).await? {
            return rejected("too many of them from this network");
        }
        // Marked first: of two requests with one response, on any gateways, only one asks the service.
        let Some(mark) = self.limits.use_once("captcha.used", &id, lifetime).await? else {
            return rejected("already used");
        };
        match self.service.check(&evidence).await {
            Ok(()) => {
                mark.keep();
                Ok(())
            }
            Err(CheckError::Rejected(reason)) => {
                mark.keep();
                rejected(&reason.0)
            }
            Err(CheckError::Unavailable(cause)) if self.settings.on_outage == OnOutage::Allow => {
                mark.keep();
                tracing::warn!(cause, "captcha service unavailable: the request is allowed without a check");
                Ok(())
            }
            Err(CheckError::Unavailable(cause)) => {
                mark.give_back().await;
                Err(Refusal::Unavailable(cause).into())
            }
            Err(CheckError::Misconfigured(cause)) => {
                mark.give_back().await;
                tracing::error!(
                    provider = self.widget.provider,
                    cause,
                    "the captcha service rejects the keys of this installation; check `captcha.*`"
                );
                Err(Refusal::Unavailable("the captcha is misconfigured".into()).into())
            }
        }
    }

    /// Counts a response that anybody can write: one per network and minute is accepted.
    async fn take_forgeable(&self, network: &str) -> Result<bool, Refusal> {
        let mark = self.limits.use_once("captcha.forgeable", network, Duration::from_secs(60)).await?;
        Ok(mark.map(Guard::keep).is_some())
    }

    fn required(&self, action: CaptchaAction, reason: CaptchaReason) -> CaptchaRefusal {
        let mut widget = self.widget.clone();
        widget.challenge_url = widget.challenge_url.map(|url| format!("{url}?action={}", action.name()));
        CaptchaRefusal::Required(Box::new(Required { widget, reason, action }))
    }
}
