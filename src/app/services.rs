//! Chooses the adapters and builds every service.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::account_life::AccountLife;
use super::error::StartError;
use super::social::{self, Social};
use crate::accounts::account_proof::ProveAccount;
use crate::accounts::availability::Availability;
use crate::accounts::login::Login;
use crate::accounts::login_with_code::LoginWithCode;
use crate::accounts::logout::Logout;
use crate::accounts::me::Me;
use crate::accounts::refresh_session::RefreshSession;
use crate::accounts::register::Register;
use crate::accounts::revoke_other_sessions::RevokeOtherSessions;
use crate::accounts::revoke_session::RevokeSession;
use crate::accounts::service_clients::ServiceClients;
use crate::accounts::signed_in::SignIn;
use crate::accounts::verify::Verify;
use crate::accounts::{AccountParts, Accounts};
use crate::audit::Audit;
use crate::captcha::Captcha;
use crate::config::Config;
use crate::config::captcha::CaptchaProvider;
use crate::config::mode::Mode;
use crate::core::clock::Clock;
use crate::core::identifier::Region;
use crate::core::random::Random;
use crate::core::secret::MasterKey;
use crate::db::Db;
use crate::delivery::email::inbox::EmailInbox;
use crate::delivery::email::smtp::Smtp;
use crate::delivery::sms::inbox::SmsInbox;
use crate::delivery::{Email, Outbox, Sms, Worker};
use crate::ephemeral::Ephemeral;
use crate::graphql::api::Api;
use crate::graphql::{self, CookiePolicy, Features};
use crate::http;
use crate::kit::Kit;
use crate::limits::Limiter;
use crate::passwords::{Hasher, Policy};
use crate::sandbox::{self, Sandbox};
use crate::sessions::{AccessTokens, KeyRing, RefreshTokens, Sessions, UpstreamTokens};
use crate::social::form_callback::FormCallback;
use crate::social::{Providers, States};
use crate::verification::{Codes, Verification};

/// What services are built from.
pub(super) struct Parts<'a> {
    pub(super) config: &'a Config,
    pub(super) clock: Clock,
    pub(super) random: Random,
    pub(super) master: MasterKey,
    pub(super) db: Db,
    pub(super) store: Ephemeral,
    pub(super) keys: KeyRing,
    pub(super) providers: Providers,
}

impl Parts<'_> {
    /// The worker of the outbox with its ways out.
    pub(super) fn worker(&self, outbox: &Outbox) -> Result<Worker, StartError> {
        let inbox = self.config.mode == Mode::Development;
        let email = match &self.config.delivery.smtp {
            Some(smtp) => Email::Smtp(Smtp::new(smtp, self.clock.clone())?),
            None => Email::Inbox(EmailInbox::new(self.db.clone(), self.clock.clone(), self.random.clone())),
        };
        // Carriers come with their own files; until one is configured, production sends no SMS and says so to clients.
        let sms = inbox
            .then(|| Sms::Inbox(SmsInbox::new(self.db.clone(), self.clock.clone(), self.random.clone())));
        Ok(Worker::new(outbox, sms, email, self.config.delivery.worker.clone()))
    }

    /// What HTTP needs.
    pub(super) fn routes(&self, outbox: &Outbox) -> http::Parts {
        let tokens = AccessTokens::new(
            self.keys.clone(),
            self.clock.clone(),
            self.random.clone(),
            self.config.sessions.clone(),
        );
        let sessions = Sessions::new(
            tokens.clone(),
            RefreshTokens::new(&self.master),
            self.clock.clone(),
            self.random.clone(),
            self.config.sessions.clone(),
        );
        let me = Me::new(self.db.clone(), tokens, sessions.clone(), self.clock.clone());
        let settings = &self.config.graphql;
        let api = if settings.federation {
            Api::new(self.schema(graphql::federated(), outbox, me.clone(), sessions), settings, me.clone())
        } else {
            Api::new(self.schema(graphql::builder(), outbox, me.clone(), sessions), settings, me.clone())
        };
        let (db, store) = (self.db.clone(), self.store.clone());
        let checks = move || -> BoxFuture<'static, Vec<(&'static str, bool)>> {
            let (db, store) = (db.clone(), store.clone());
            Box::pin(async move {
                let (db, store) = tokio::join!(db.ping(), store.ping());
                vec![("database", db.is_ok()), ("ephemeral", store.is_ok())]
            })
        };
        let services = self.service_endpoints(me);
        http::Parts {
            api,
            settings: self.config.http.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            graphiql: self.config.graphql.graphiql,
            checks: Arc::new(checks),
            keys: self.keys.clone(),
            forms: Some(FormCallback {
                pages: social::form_pages(&self.config.social).into(),
                states: self.states(),
            }),
            services: Some(services),
            extra: self.sandbox().map(sandbox::router),
        }
    }

    /// States of social sign-ins.
    fn states(&self) -> States {
        let lifetime = self.config.social.state_lifetime;
        States::new(self.store.clone(), &self.master, self.clock.clone(), self.random.clone(), lifetime)
    }

    /// The world outside, emulated: in development only.
    fn sandbox(&self) -> Option<Sandbox> {
        if self.config.mode != Mode::Development {
            return None;
        }
        let (http, social) = (&self.config.http, &self.config.social);
        let page = social.callback("qq").and_then(|page| page.origin().ascii_serialization().parse().ok());
        let return_to = [http.public_url.clone()].into_iter().chain(http.allowed_origins.clone()).chain(page);
        Some(Sandbox {
            db: self.db.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            public_url: http.public_url.clone(),
            return_to: return_to.collect(),
            slow: social.timeout * 3 / 2,
        })
    }

    /// What proxies and services ask.
    fn service_endpoints(&self, me: Me) -> http::ServiceEndpoints {
        let settings = &self.config.services;
        let upstream = UpstreamTokens::new(
            self.keys.clone(),
            self.clock.clone(),
            self.random.clone(),
            settings,
            self.config.sessions.leeway,
        );
        // Of this process alone: services go on while Redis is away.
        let limits =
            Limiter::new(Ephemeral::memory(), &self.master, self.clock.clone(), self.config.limits.clone());
        http::ServiceEndpoints {
            verify: Verify { me, strict: settings.strict },
            upstream,
            clients: ServiceClients::new(&settings.clients, limits),
            clock: self.clock.clone(),
            hasura_role: self.config.sessions.hasura_role.clone(),
            federation: self.config.graphql.federation,
        }
    }

    /// Where codes can be sent by SMS.
    fn sms_regions(&self) -> Vec<Region> {
        match self.config.mode {
            Mode::Development => self.config.accounts.regions.clone(),
            Mode::Production => Vec::new(),
        }
    }

    /// The schema with its services.
    #[expect(clippy::too_many_lines, reason = "shrinks as services become methods of features")]
    fn schema<Q: graphql::Root>(
        &self,
        builder: graphql::Builder<Q>,
        outbox: &Outbox,
        me: Me,
        sessions: Sessions,
    ) -> graphql::GatewaySchema<Q> {
        let config = self.config;
        let (clock, random, db) = (&self.clock, &self.random, &self.db);
        let codes =
            Codes::new(self.store.clone(), &self.master, clock.clone(), random.clone(), config.codes.clone());
        let kit = Kit::new(
            db.clone(),
            self.store.clone(),
            clock.clone(),
            random.clone(),
            self.master.clone(),
            config.limits.clone(),
        );
        let limits = kit.limits.clone();
        let captcha = match config.captcha.provider {
            CaptchaProvider::None => Captcha::none(),
        };
        let hasher = Hasher::new(&config.passwords, random.clone());
        let policy = Policy::from(&config.passwords);
        let audit = kit.audit.clone();
        let sign_in = SignIn::new(db.clone(), sessions.clone(), audit.clone());
        let sms_regions = self.sms_regions();
        let verification = Verification::new(
            &kit,
            captcha.clone(),
            outbox.clone(),
            config.codes.clone(),
            sms_regions.clone(),
        );
        let login = Login {
            db: db.clone(),
            limits: limits.clone(),
            captcha: captcha.clone(),
            hasher: hasher.clone(),
            sign_in: sign_in.clone(),
            settings: config.accounts.clone(),
            clock: clock.clone(),
        };
        let login_with_code = LoginWithCode {
            db: db.clone(),
            codes: codes.clone(),
            limits: limits.clone(),
            captcha: captcha.clone(),
            sign_in: sign_in.clone(),
            settings: config.accounts.clone(),
        };
        let prove = ProveAccount { login: login.clone(), login_with_code: login_with_code.clone() };
        let account_life = AccountLife {
            config,
            clock,
            random,
            db,
            codes: &codes,
            limits: &limits,
            captcha: &captcha,
            hasher: &hasher,
            policy: &policy,
            audit: &audit,
            outbox,
            master: &self.master,
            prove: &prove,
        };
        let accounts = Accounts::new(
            &kit,
            AccountParts {
                verification: verification.clone(),
                sessions: sessions.clone(),
                captcha: captcha.clone(),
                hasher: hasher.clone(),
                policy: policy.clone(),
                outbox: outbox.clone(),
                settings: config.accounts.clone(),
                reset_page: account_life.reset_page(),
            },
        );
        let social = Social {
            config,
            providers: self.providers.clone(),
            states: &self.states(),
            master: &self.master,
            clock,
            random,
            db,
            store: &self.store,
            codes: &codes,
            limits: &limits,
            captcha: &captcha,
            hasher: &hasher,
            policy: &policy,
            audit: &audit,
            notices: &account_life.notices(),
            sign_in: &sign_in,
            prove: &prove,
            reauthentication: &account_life.reauthentication(),
        };
        let names = social.names();
        let builder = social.add_to(account_life.add_to(builder));
        self.sessions_into(builder, &sessions, &limits, &audit)
            .data(Features { verification, accounts })
            .data(Register {
                db: db.clone(),
                codes: codes.clone(),
                limits: limits.clone(),
                captcha: captcha.clone(),
                hasher: hasher.clone(),
                policy: policy.clone(),
                sessions,
                audit,
                settings: config.accounts.clone(),
                clock: clock.clone(),
                random: random.clone(),
            })
            .data(login)
            .data(login_with_code)
            .data(me)
            .data(graphql::Offer {
                policy,
                captcha: captcha.widget(),
                sms_regions,
                terms_version: config.accounts.terms_version.clone(),
                providers: names,
            })
            .data(limits)
            .finish()
    }

    /// Adds the services that carry sessions on and end them, how cookies are set, and who has which name.
    fn sessions_into<Q: graphql::Root>(
        &self,
        builder: graphql::Builder<Q>,
        sessions: &Sessions,
        limits: &Limiter,
        audit: &Audit,
    ) -> graphql::Builder<Q> {
        let (config, clock, db) = (self.config, &self.clock, &self.db);
        builder
            .data(CookiePolicy {
                secure: config.http.public_url.is_https(),
                refresh_delivery: config.sessions.refresh_delivery,
            })
            .data(clock.clone())
            .data(Availability::new(db.clone(), limits.clone(), config.accounts.clone()))
            .data(RefreshSession {
                db: db.clone(),
                limits: limits.clone(),
                sessions: sessions.clone(),
                audit: audit.clone(),
                clock: clock.clone(),
            })
            .data(Logout {
                db: db.clone(),
                sessions: sessions.clone(),
                audit: audit.clone(),
                clock: clock.clone(),
            })
            .data(RevokeSession {
                db: db.clone(),
                sessions: sessions.clone(),
                audit: audit.clone(),
                clock: clock.clone(),
            })
            .data(RevokeOtherSessions::new(db.clone(), limits.clone(), audit.clone(), clock.clone()))
    }
}
