//! Builds the identity providers.

use std::sync::Arc;

use crate::config::Config;
use crate::config::http::Origin;
use crate::config::social::SocialSettings;
use crate::core::clock::Clock;
use crate::social::providers::{Github, Oidc, Qq, Wechat, Weibo};
use crate::social::{ConfiguredProvider, HttpClient, Providers, SocialProvider};

/// Builds the configured providers, QQ first.
///
/// # Errors
/// A text for the operator: the proxy's address is invalid, or a key cannot be read.
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
        Some(ConfiguredProvider { redirect_uri: redirect_uri?, provider })
    });
    Ok(Providers::new(offered.collect()))
}

/// Returns the slugs of providers that post their callbacks, and the pages to which the gateway then sends browsers.
pub(super) fn form_pages(settings: &SocialSettings) -> Vec<(String, url::Url)> {
    let posting = settings.oidc.iter().filter(|client| client.form_post);
    posting.filter_map(|client| Some((client.slug.clone(), settings.callback(&client.slug)?))).collect()
}

/// Returns where `next` may lead besides paths: the origins of the application's pages.
pub(super) fn allowed_origins(config: &Config) -> Arc<[Origin]> {
    let http = &config.http;
    let page = config.social.callback("any").map(|page| page.origin().ascii_serialization());
    let page: Option<Origin> = page.and_then(|origin| origin.parse().ok());
    http.allowed_origins.iter().cloned().chain([http.public_url.clone()]).chain(page).collect()
}
