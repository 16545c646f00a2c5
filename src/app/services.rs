//! Chooses the adapters and builds the features.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::error::StartError;
use super::{messages, social};
use crate::accounts::{AccountParts, Accounts};
use crate::captcha::Captcha;
use crate::config::Config;
use crate::config::accounts::PageUrl;
use crate::config::mode::Mode;
use crate::core::identifier::Region;
use crate::delivery::receipts::Receipts;
use crate::delivery::{Outbox, Sms, Worker};
use crate::ephemeral::Ephemeral;
use crate::graphql::api::Api;
use crate::graphql::{self, CookiePolicy, Features, PublicSettings};
use crate::http;
use crate::kit::Kit;
use crate::limits::Limiter;
use crate::passwords::{Hasher, Policy};
use crate::sandbox::{self, Sandbox};
use crate::sessions::service_clients::ServiceClients;
use crate::sessions::{AccessTokens, KeyRing, Sessions, Strictness, UpstreamTokens};
use crate::social::form_callback::FormCallback;
use crate::social::{Providers, Social, SocialParts, States};
use crate::verification::Verification;
use crate::webhooks::{Dispatcher, TokenHook, WebhookClient};

/// What the features are built from.
pub(super) struct Composition<'a> {
    pub(super) config: &'a Config,
    pub(super) kit: Kit,
    pub(super) keys: KeyRing,
    pub(super) providers: Providers,
    pub(super) outbox: Outbox,
    pub(super) token_hook: Option<TokenHook>,
    /// The carriers of SMS messages, if any.
    pub(super) sms: Option<Sms>,
    pub(super) captcha: Captcha,
}

impl Composition<'_> {
    /// Builds the worker that sends the messages of the outbox.
    pub(super) fn worker(&self) -> Result<Worker, StartError> {
        let Kit { db, clock, random, .. } = &self.kit;
        let email = messages::email(self.config, clock, random, db)?;
        Ok(Worker::new(&self.outbox, self.sms.clone(), email, self.config.delivery.worker.clone()))
    }

    /// Builds the dispatcher that sends events to webhook endpoints.
    pub(super) fn dispatcher(&self) -> Result<Dispatcher, StartError> {
        let Kit { db, clock, random, .. } = &self.kit;
        let settings = &self.config.webhooks;
        let client = WebhookClient::new(settings, clock.clone()).map_err(StartError::Webhooks)?;
        Ok(Dispatcher::new(db.clone(), clock.clone(), random.clone(), settings, client))
    }

    /// Builds what HTTP serves.
    pub(super) fn routes(&self) -> http::Parts {
        let features = self.features();
        let sessions = features.sessions.clone();
        let settings = &self.config.graphql;
        let api = if settings.federation {
            Api::new(graphql::federated().data(features).finish(), settings, sessions.clone())
        } else {
            Api::new(graphql::builder().data(features).finish(), settings, sessions.clone())
        };
        http::Parts {
            api,
            settings: self.config.http.clone(),
            clock: self.kit.clock.clone(),
            random: self.kit.random.clone(),
            graphiql: settings.graphiql,
            checks: self.readiness(),
            keys: self.keys.clone(),
            forms: Some(FormCallback {
                pages: social::form_pages(&self.config.social).into(),
                states: self.states(),
            }),
            services: Some(self.service_endpoints(sessions)),
            captcha: self.captcha.clone(),
            receipts: Some(Receipts::new(self.kit.db.clone(), self.kit.clock.clone(), self.sms.clone())),
            extra: self.sandbox().map(sandbox::router),
        }
    }

    /// Builds the check that `/health/ready` runs.
    fn readiness(&self) -> http::Checks {
        let (db, store) = (self.kit.db.clone(), self.kit.store.clone());
        Arc::new(move || -> BoxFuture<'static, Vec<(&'static str, bool)>> {
            let (db, store) = (db.clone(), store.clone());
            Box::pin(async move {
                let (db, store) = tokio::join!(db.ping(), store.ping());
                vec![("database", db.is_ok()), ("ephemeral", store.is_ok())]
            })
        })
    }

    /// Builds the states of social sign-ins.
    fn states(&self) -> States {
        let Kit { store, master, clock, random, .. } = &self.kit;
        let lifetime = self.config.social.state_lifetime;
        States::new(store.clone(), master, clock.clone(), random.clone(), lifetime)
    }

    /// Builds the sandbox, which emulates providers and shows sent messages; in development only.
    fn sandbox(&self) -> Option<Sandbox> {
        if self.config.mode != Mode::Development {
            return None;
        }
        let (http, social) = (&self.config.http, &self.config.social);
        let page = social.callback("qq").and_then(|page| page.origin().ascii_serialization().parse().ok());
        let return_to = [http.public_url.clone()].into_iter().chain(http.allowed_origins.clone()).chain(page);
        Some(Sandbox {
            db: self.kit.db.clone(),
            clock: self.kit.clock.clone(),
            random: self.kit.random.clone(),
            public_url: http.public_url.clone(),
            return_to: return_to.collect(),
            slow: social.timeout * 3 / 2,
            captcha_slow: self.config.captcha.timeout * 2,
        })
    }

    /// Builds the endpoints for proxies and services.
    fn service_endpoints(&self, sessions: Sessions) -> http::ServiceEndpoints {
        let Kit { clock, random, master, .. } = &self.kit;
        let settings = &self.config.services;
        let upstream = UpstreamTokens::new(
            self.keys.clone(),
            clock.clone(),
            random.clone(),
            settings,
            self.config.sessions.leeway,
        );
        // Counted in this process only: services must go on while Redis is unavailable.
        let limits = Limiter::new(Ephemeral::memory(), master, clock.clone(), self.config.limits.clone());
        http::ServiceEndpoints {
            sessions,
            strictness: if settings.strict { Strictness::Session } else { Strictness::TokenOnly },
            upstream,
            clients: ServiceClients::new(&settings.clients, limits),
            clock: clock.clone(),
            hasura_role: self.config.sessions.hasura_role.clone(),
            federation: self.config.graphql.federation,
        }
    }

    /// Returns the regions where codes can be sent by SMS: those of the settings that have a carrier.
    fn sms_regions(&self) -> Vec<Region> {
        let regions = self.config.accounts.regions.iter().copied();
        match self.config.mode {
            Mode::Development => regions.collect(),
            Mode::Production => regions.filter(|region| self.config.sms.serves(*region)).collect(),
        }
    }

    /// Builds the features. A feature that is missing here does not compile.
    fn features(&self) -> Features {
        let (config, kit) = (self.config, &self.kit);
        let captcha = self.captcha.clone();
        let hasher = Hasher::new(&config.passwords, kit.random.clone());
        let policy = Policy::from(&config.passwords);
        let tokens = AccessTokens::new(
            self.keys.clone(),
            kit.clock.clone(),
            kit.random.clone(),
            config.sessions.clone(),
        );
        let outbox = &self.outbox;
        let verification =
            Verification::new(kit, captcha.clone(), outbox.clone(), config.codes.clone(), self.sms_regions());
        let sessions = Sessions::new(
            kit,
            tokens,
            config.sessions.clone(),
            config.token_claims.clone(),
            self.token_hook.clone(),
        );
        let reset_page = config.accounts.reset_url.clone();
        let accounts = Accounts::new(
            kit,
            AccountParts {
                verification: verification.clone(),
                sessions: sessions.clone(),
                captcha: captcha.clone(),
                hasher: hasher.clone(),
                policy: policy.clone(),
                outbox: outbox.clone(),
                settings: config.accounts.clone(),
                reset_page: reset_page.unwrap_or_else(|| PageUrl::at(&config.http.public_url, "/reset")),
            },
        );
        let settings = PublicSettings {
            policy: policy.clone(),
            captcha: captcha.widget(),
            sms_regions: verification.sms_regions().to_vec(),
            terms_version: config.accounts.terms_version.clone(),
            providers: self.providers.owned_names(),
        };
        let social = Social::new(
            kit,
            SocialParts {
                accounts: accounts.clone(),
                sessions: sessions.clone(),
                verification: verification.clone(),
                captcha,
                hasher,
                policy,
                outbox: outbox.clone(),
                settings: config.accounts.clone(),
                providers: self.providers.clone(),
                states: self.states(),
                allowed: social::allowed_origins(config),
                state_lifetime: config.social.state_lifetime,
                ticket_lifetime: config.social.ticket_lifetime,
            },
        );
        let cookies = CookiePolicy {
            secure: config.http.public_url.is_https(),
            refresh_delivery: config.sessions.refresh_delivery,
        };
        Features { verification, sessions, accounts, social, settings, cookies, clock: kit.clock.clone() }
    }
}
