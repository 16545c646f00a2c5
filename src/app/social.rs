//! Builds sign-in with QQ and its siblings.

use std::sync::Arc;

use crate::accounts::account_proof::ProveAccount;
use crate::accounts::notices::Notices;
use crate::accounts::reauthentication::Reauthentication;
use crate::accounts::signed_in::SignIn;
use crate::audit::Audit;
use crate::captcha::Captcha;
use crate::config::Config;
use crate::config::http::Origin;
use crate::config::social::SocialSettings;
use crate::core::clock::Clock;
use crate::core::random::Random;
use crate::core::secret::MasterKey;
use crate::db::Db;
use crate::ephemeral::Ephemeral;
use crate::graphql::{Builder, Root};
use crate::limits::Limiter;
use crate::passwords::{Hasher, Policy};
use crate::social::bind_social::BindSocial;
use crate::social::exchange::Exchange;
use crate::social::link_social::LinkSocial;
use crate::social::providers::{Github, Oidc, Qq, Wechat, Weibo};
use crate::social::register_with_social::RegisterWithSocial;
use crate::social::social_authorize::SocialAuthorize;
use crate::social::social_authorize_url::SocialAuthorizeUrl;
use crate::social::unlink_social::UnlinkSocial;
use crate::social::{HttpClient, Offered, Providers, SocialProvider, States, Tickets, Vault};
use crate::verification::Codes;

/// The providers that are configured, QQ first.
///
/// # Errors
/// In words for the operator: the proxy's address, or a key that cannot be read.
pub(super) fn providers(config: &Config, clock: &Clock) -> Result<Providers, String> {
    let settings = &config.social;
    let client = HttpClient::new(settings.timeout, settings.proxy.as_deref())?;
    let mut all: Vec<(Arc<dyn SocialProvider>, bool)> = Vec::new();
    if let Some(qq) = &settings.qq {
        all.push((Arc::new(Qq::new(qq.clone(), client.clone())), false));
    }
    if let Some(wechat) = &settings.wechat {
        all.push((Arc::new(Wechat::new(wechat.clone(), client.clone())), false));
    }
    if let Some(weibo) = &settings.weibo {
        all.push((Arc::new(Weibo::new(weibo.clone(), client.clone())), false));
    }
    if let Some(github) = &settings.github {
        all.push((Arc::new(Github::new(github.clone(), client.clone())), false));
    }
    for oidc in &settings.oidc {
        all.push((Arc::new(Oidc::new(oidc.clone(), client.clone(), clock.clone())?), oidc.form_post));
    }
    let offered = all.into_iter().filter_map(|(provider, form_post)| {
        let redirect_uri = if form_post {
            SocialSettings::form_callback(&config.http.public_url, provider.slug())
        } else {
            settings.callback(provider.slug())
        };
        Some(Offered { redirect_uri: redirect_uri?, provider })
    });
    Ok(Providers::new(offered.collect()))
}

/// Slugs of providers that post their callbacks, and the pages where the gateway sends browsers on to.
pub(super) fn form_pages(settings: &SocialSettings) -> Vec<(String, url::Url)> {
    let posting = settings.oidc.iter().filter(|client| client.form_post);
    posting.filter_map(|client| Some((client.slug.clone(), settings.callback(&client.slug)?))).collect()
}

/// What these services are built from.
pub(super) struct Social<'a> {
    pub(super) config: &'a Config,
    pub(super) providers: Providers,
    pub(super) states: &'a States,
    pub(super) master: &'a MasterKey,
    pub(super) clock: &'a Clock,
    pub(super) random: &'a Random,
    pub(super) db: &'a Db,
    pub(super) store: &'a Ephemeral,
    pub(super) codes: &'a Codes,
    pub(super) limits: &'a Limiter,
    pub(super) captcha: &'a Captcha,
    pub(super) hasher: &'a Hasher,
    pub(super) policy: &'a Policy,
    pub(super) audit: &'a Audit,
    pub(super) notices: &'a Notices,
    pub(super) sign_in: &'a SignIn,
    pub(super) prove: &'a ProveAccount,
    pub(super) reauthentication: &'a Reauthentication,
}

impl Social<'_> {
    /// Slugs and names, for clients to show.
    pub(super) fn names(&self) -> Vec<(String, String)> {
        self.providers.names().map(|(slug, name)| (slug.to_owned(), name.to_owned())).collect()
    }

    /// Where `next` may lead beside paths: wherever a web application of ours is.
    fn allowed(&self) -> Arc<[Origin]> {
        let http = &self.config.http;
        let page = self.config.social.callback("any").map(|page| page.origin().ascii_serialization());
        let page: Option<Origin> = page.and_then(|origin| origin.parse().ok());
        http.allowed_origins.iter().cloned().chain([http.public_url.clone()]).chain(page).collect()
    }

    /// Adds the services to the schema.
    pub(super) fn add_to<Q: Root>(&self, builder: Builder<Q>) -> Builder<Q> {
        let settings = &self.config.social;
        let states = self.states.clone();
        let tickets = Tickets::new(
            self.store.clone(),
            self.master,
            self.clock.clone(),
            self.random.clone(),
            settings.ticket_lifetime,
        );
        let vault = Vault::new(self.master, self.clock.clone(), self.random.clone());
        let exchange = Exchange {
            providers: self.providers.clone(),
            states: states.clone(),
            limits: self.limits.clone(),
        };
        builder
            .data(SocialAuthorizeUrl {
                providers: self.providers.clone(),
                states,
                limits: self.limits.clone(),
                allowed: self.allowed(),
                random: self.random.clone(),
                browser_lifetime: settings.state_lifetime + settings.ticket_lifetime,
            })
            .data(SocialAuthorize {
                exchange: exchange.clone(),
                tickets: tickets.clone(),
                vault: vault.clone(),
                db: self.db.clone(),
                sign_in: self.sign_in.clone(),
            })
            .data(BindSocial {
                tickets: tickets.clone(),
                vault: vault.clone(),
                db: self.db.clone(),
                prove: self.prove.clone(),
                sign_in: self.sign_in.clone(),
                notices: self.notices.clone(),
                audit: self.audit.clone(),
            })
            .data(RegisterWithSocial {
                tickets,
                vault: vault.clone(),
                db: self.db.clone(),
                codes: self.codes.clone(),
                limits: self.limits.clone(),
                captcha: self.captcha.clone(),
                hasher: self.hasher.clone(),
                policy: self.policy.clone(),
                sign_in: self.sign_in.clone(),
                audit: self.audit.clone(),
                settings: self.config.accounts.clone(),
                clock: self.clock.clone(),
                random: self.random.clone(),
            })
            .data(LinkSocial {
                exchange,
                vault,
                db: self.db.clone(),
                limits: self.limits.clone(),
                reauthentication: self.reauthentication.clone(),
                notices: self.notices.clone(),
                audit: self.audit.clone(),
            })
            .data(UnlinkSocial {
                db: self.db.clone(),
                limits: self.limits.clone(),
                reauthentication: self.reauthentication.clone(),
                notices: self.notices.clone(),
                audit: self.audit.clone(),
                clock: self.clock.clone(),
            })
    }
}
