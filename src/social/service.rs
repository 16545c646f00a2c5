//! The social feature and its dependencies. Each use case is a method in a file of its own.

use std::sync::Arc;
use std::time::Duration;

use super::registry::Providers;
use super::states::States;
use super::tickets::Tickets;
use super::vault::Vault;
use crate::accounts::Accounts;
use crate::captcha::Captcha;
use crate::config::accounts::AccountSettings;
use crate::config::http::Origin;
use crate::core::language::Language;
use crate::delivery::Outbox;
use crate::kit::Kit;
use crate::passwords::{Hasher, Policy};
use crate::sessions::Sessions;
use crate::verification::Verification;

/// Sign-in with identity providers. Cheap to clone.
#[derive(Clone)]
pub struct Social {
    pub(super) kit: Kit,
    pub(super) accounts: Accounts,
    pub(super) sessions: Sessions,
    pub(super) verification: Verification,
    pub(super) captcha: Captcha,
    pub(super) hasher: Hasher,
    pub(super) policy: Policy,
    pub(super) outbox: Outbox,
    pub(super) settings: AccountSettings,
    pub(super) providers: Providers,
    pub(super) states: States,
    pub(super) tickets: Tickets,
    pub(super) vault: Vault,
    /// Allowed targets of `next` besides paths.
    pub(super) allowed: Arc<[Origin]>,
    /// The lifetime of the browser's cookie: as long as a state and a ticket together.
    pub(super) browser_lifetime: Duration,
}

/// The dependencies of the feature besides the kit.
pub struct SocialParts {
    pub accounts: Accounts,
    pub sessions: Sessions,
    pub verification: Verification,
    pub captcha: Captcha,
    pub hasher: Hasher,
    pub policy: Policy,
    pub outbox: Outbox,
    pub settings: AccountSettings,
    pub providers: Providers,
    pub states: States,
    /// Allowed targets of `next` besides paths.
    pub allowed: Arc<[Origin]>,
    pub state_lifetime: Duration,
    pub ticket_lifetime: Duration,
}

impl Social {
    /// Builds the feature.
    #[must_use]
    pub fn new(kit: &Kit, parts: SocialParts) -> Self {
        let (clock, random) = (kit.clock.clone(), kit.random.clone());
        let tickets = Tickets::new(
            kit.store.clone(),
            &kit.master,
            clock.clone(),
            random.clone(),
            parts.ticket_lifetime,
        );
        let vault = Vault::new(&kit.master, clock, random);
        Self {
            kit: kit.clone(),
            accounts: parts.accounts,
            sessions: parts.sessions,
            verification: parts.verification,
            captcha: parts.captcha,
            hasher: parts.hasher,
            policy: parts.policy,
            outbox: parts.outbox,
            settings: parts.settings,
            providers: parts.providers,
            states: parts.states,
            tickets,
            vault,
            allowed: parts.allowed,
            browser_lifetime: parts.state_lifetime + parts.ticket_lifetime,
        }
    }

    /// Returns the slugs and names of the configured providers in display order.
    pub fn providers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.providers.names()
    }

    /// Returns the display name of a provider in a language, or the slug if the provider is not configured.
    #[must_use]
    pub fn provider_name<'a>(&'a self, slug: &'a str, language: Language) -> &'a str {
        self.providers.name(slug, language).unwrap_or(slug)
    }
}
