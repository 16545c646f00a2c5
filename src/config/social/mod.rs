//! Settings of social sign-in: credentials and URLs of the providers, and lifetimes.

mod clients;
mod oidc;
mod reading;

use std::time::Duration;

pub use clients::{GithubSettings, QqSettings, WechatSettings, WeiboSettings};
pub use oidc::{OidcSecret, OidcSettings};

use super::accounts::PageUrl;
use super::http::Origin;
use super::reader::Reader;

/// Settings of social sign-in. No `Debug`: it contains secrets.
#[derive(Clone)]
pub struct SocialSettings {
    pub qq: Option<QqSettings>,
    pub weibo: Option<WeiboSettings>,
    pub wechat: Option<WechatSettings>,
    pub github: Option<GithubSettings>,
    /// Google, Apple and the operator's own provider, if configured.
    pub oidc: Vec<OidcSettings>,
    /// Whether the operator's own provider, or the sandbox's, posts its response as a form.
    pub form_post: bool,
    /// The page of the web application that providers redirect browsers to; `{provider}` stands for the slug.
    pub callback_url: Option<String>,
    /// How long a user may take at the provider.
    pub state_lifetime: Duration,
    /// How long a user may take to bind an account or to register.
    pub ticket_lifetime: Duration,
    /// The timeout of each request to a provider, including the connection.
    pub timeout: Duration,
    /// The HTTP proxy for requests to providers. Addresses of this machine are requested directly.
    pub proxy: Option<String>,
}

impl SocialSettings {
    /// Reads the section.
    pub fn read(reader: &mut Reader) -> Self {
        let mut settings = Self {
            qq: clients::qq(reader),
            weibo: clients::weibo(reader),
            wechat: clients::wechat(reader),
            github: clients::github(reader),
            oidc: oidc::read(reader),
            form_post: reader.value(
                "social.oidc.form_post",
                "false",
                "Whether this provider posts its response as a form (`response_mode=form_post`) to `/auth/callback/<slug>` of the gateway, which redirects the browser to `social.callback_url`.",
            ),
            callback_url: reader.optional(
                "social.callback_url",
                "The page of the web application that providers redirect browsers to, such as https://app.example.com/callback/{provider}. Required in production if a provider is configured. Default in development: the sandbox's page.",
            ),
            state_lifetime: reader.duration(
                "social.state_lifetime",
                "10m",
                "How long a user may take at the provider.",
            ),
            ticket_lifetime: reader.duration(
                "social.ticket_lifetime",
                "5m",
                "How long a user may take to bind an account or to register after signing in at the provider.",
            ),
            timeout: reader.duration(
                "social.timeout",
                "4s",
                "The timeout of each request to a provider, including the connection.",
            ),
            proxy: reader.optional(
                "social.proxy",
                "The HTTP proxy for requests to providers, such as http://proxy.example.com:3128.",
            ),
        };
        let own = |client: &&mut OidcSettings| !["google", "apple"].contains(&client.slug.as_str());
        if let Some(client) = settings.oidc.iter_mut().find(own) {
            client.form_post = settings.form_post;
        }
        settings.check(reader);
        settings
    }

    fn check(&self, reader: &mut Reader) {
        let minute = Duration::from_secs(60);
        for (key, length, max) in [
            ("social.state_lifetime", self.state_lifetime, minute * 30),
            ("social.ticket_lifetime", self.ticket_lifetime, minute * 15),
        ] {
            if length < minute || length > max {
                reader.error(key, if max == minute * 30 { "must be 1m to 30m" } else { "must be 1m to 15m" });
            }
        }
        if self.timeout < Duration::from_millis(100) || self.timeout > Duration::from_secs(8) {
            reader.error("social.timeout", "must be 100ms to 8s: a sign-in makes up to four requests");
        }
        if let Some(page) = &self.callback_url
            && (!page.contains("{provider}") || callback(page, "qq").is_none())
        {
            reader
                .error("social.callback_url", "expected an http:// or https:// URL that contains {provider}");
        }
        if self.proxy.as_ref().is_some_and(|proxy| proxy.parse::<PageUrl>().is_err()) {
            reader.error("social.proxy", "expected an http:// or https:// URL");
        }
    }

    /// Checks what production requires: https everywhere, and a callback page.
    pub fn check_production(&self, reader: &mut Reader) {
        let none = self.qq.is_none()
            && self.weibo.is_none()
            && self.wechat.is_none()
            && self.github.is_none()
            && self.oidc.is_empty();
        if none {
            return;
        }
        if self.callback_url.is_none() {
            reader.error("social.callback_url", "required in production if a provider is configured");
        }
        let mut addresses = vec![("social.callback_url", self.callback_url.as_deref())];
        addresses.push(("social.qq.url", self.qq.as_ref().map(|qq| qq.url.as_str())));
        addresses.push(("social.weibo.url", self.weibo.as_ref().map(|weibo| weibo.url.as_str())));
        addresses.push(("social.wechat.web_url", self.wechat.as_ref().map(|wechat| wechat.web_url.as_str())));
        addresses.push(("social.wechat.api_url", self.wechat.as_ref().map(|wechat| wechat.api_url.as_str())));
        addresses.push(("social.github.web_url", self.github.as_ref().map(|github| github.web_url.as_str())));
        addresses.push(("social.github.api_url", self.github.as_ref().map(|github| github.api_url.as_str())));
        for client in &self.oidc {
            let key = match client.slug.as_str() {
                "google" => "social.google.issuer",
                "apple" => "social.apple.issuer",
                _ => "social.oidc.issuer",
            };
            addresses.push((key, Some(client.issuer.as_str())));
        }
        for (key, address) in addresses {
            if address.is_some_and(|address| !address.starts_with("https://")) {
                reader.error(key, "production requires an https URL");
            }
        }
    }

    /// Returns the URL that `provider` redirects browsers to. `None` in production without providers.
    #[must_use]
    pub fn callback(&self, provider: &str) -> Option<url::Url> {
        callback(self.callback_url.as_deref()?, provider)
    }

    /// Returns the URL that a provider posts its form to: the gateway, which redirects the browser to the page.
    #[must_use]
    pub fn form_callback(public_url: &Origin, provider: &str) -> Option<url::Url> {
        url::Url::parse(&format!("{}/auth/callback/{provider}", public_url.as_str())).ok()
    }

    /// Configures the sandbox for every provider without credentials, and its callback page. For development only.
    pub fn fill_from_sandbox(&mut self, public_url: &Origin) {
        let at = |provider: &str| format!("{}/sandbox/{provider}", public_url.as_str());
        self.qq.get_or_insert_with(|| QqSettings {
            app_id: SANDBOX_ID.into(),
            app_key: SANDBOX_SECRET.into(),
            url: at("qq"),
            union_id: true,
        });
        self.weibo.get_or_insert_with(|| WeiboSettings {
            app_key: SANDBOX_ID.into(),
            app_secret: SANDBOX_SECRET.into(),
            url: at("weibo"),
        });
        self.wechat.get_or_insert_with(|| WechatSettings {
            app_id: SANDBOX_ID.into(),
            app_secret: SANDBOX_SECRET.into(),
            web_url: at("wechat"),
            api_url: at("wechat"),
        });
        self.github.get_or_insert_with(|| GithubSettings {
            client_id: SANDBOX_ID.into(),
            client_secret: SANDBOX_SECRET.into(),
            web_url: at("github"),
            api_url: at("github"),
        });
        if self.oidc.is_empty() {
            self.oidc.push(OidcSettings {
                slug: "oidc".into(),
                name: "OpenID Connect".into(),
                issuer: at("oidc"),
                client_id: SANDBOX_ID.into(),
                secret: OidcSecret::Shared(SANDBOX_SECRET.into()),
                scopes: oidc::scopes(),
                form_post: self.form_post,
            });
        }
        self.callback_url
            .get_or_insert_with(|| format!("{}/sandbox/callback/{{provider}}", public_url.as_str()));
    }
}

/// The gateway's client id at the providers of the sandbox: digits, as QQ requires.
pub const SANDBOX_ID: &str = "101000001";
/// The client secret in the sandbox. It protects nothing: the sandbox exists only in development.
pub const SANDBOX_SECRET: &str = "sandbox-secret-that-guards-nothing";

fn callback(page: &str, provider: &str) -> Option<url::Url> {
    let url = url::Url::parse(&page.replace("{provider}", provider)).ok()?;
    let fine = url.has_host() && matches!(url.scheme(), "http" | "https") && url.fragment().is_none();
    fine.then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::reader::Source;

    fn read(variables: &[(&str, &str)], production: bool) -> (SocialSettings, Vec<String>) {
        let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut reader = Reader::new(Source::from_variables(owned));
        let settings = SocialSettings::read(&mut reader);
        if production {
            settings.check_production(&mut reader);
        }
        (settings, reader.finish().1)
    }

    #[test]
    fn the_sandbox_replaces_missing_credentials() {
        let (mut settings, errors) = read(&[], true);
        assert!(errors.is_empty(), "{errors:?}");
        assert!(settings.qq.is_none() && settings.oidc.is_empty() && settings.callback("qq").is_none());
        settings.fill_from_sandbox(&"http://127.0.0.1:8000".parse().unwrap());
        assert_eq!(settings.qq.as_ref().unwrap().url, "http://127.0.0.1:8000/sandbox/qq");
        assert_eq!(settings.oidc[0].issuer, "http://127.0.0.1:8000/sandbox/oidc");
        let page = settings.callback("qq").unwrap();
        assert_eq!(page.as_str(), "http://127.0.0.1:8000/sandbox/callback/qq");
    }

    #[test]
    fn configured_credentials_are_kept_beside_the_sandbox() {
        let (mut settings, _) =
            read(&[("MENJIN_SOCIAL_QQ_APP_ID", "1"), ("MENJIN_SOCIAL_QQ_APP_KEY", "k")], false);
        settings.fill_from_sandbox(&"http://127.0.0.1:8000".parse().unwrap());
        assert_eq!(settings.qq.unwrap().url, "https://graph.qq.com");
        assert_eq!(settings.weibo.unwrap().app_key, SANDBOX_ID);
    }

    #[test]
    fn half_a_credential_and_a_plain_url_in_production_are_errors() {
        let half = read(&[("MENJIN_SOCIAL_GITHUB_CLIENT_ID", "1")], false).1;
        assert!(half.len() == 1 && half[0].contains("client_secret"), "{half:?}");
        let client = [
            ("MENJIN_SOCIAL_QQ_APP_ID", "1"),
            ("MENJIN_SOCIAL_QQ_APP_KEY", "hunter2"),
            ("MENJIN_SOCIAL_QQ_URL", "http://graph.example"),
        ];
        let (_, errors) = read(&client, true);
        assert_eq!(errors.len(), 2, "{errors:?}");
        assert!(!errors.concat().contains("hunter2"));
    }

    #[test]
    fn the_callback_url_contains_the_provider() {
        for (page, good) in [
            ("https://app.example/callback/{provider}", true),
            ("https://app.example/callback?provider={provider}", true),
            ("https://app.example/callback", false),
            ("app.example/{provider}", false),
            ("javascript:{provider}", false),
            ("https://app.example/{provider}#x", false),
        ] {
            let errors = read(&[("MENJIN_SOCIAL_CALLBACK_URL", page)], false).1;
            assert_eq!(errors.is_empty(), good, "{page}: {errors:?}");
        }
    }

    #[test]
    fn slugs_do_not_collide() {
        for (slug, good) in [("corp", true), ("qq", false), ("google", false), ("Corp", false), ("", false)] {
            let errors = read(
                &[
                    ("MENJIN_SOCIAL_OIDC_SLUG", slug),
                    ("MENJIN_SOCIAL_OIDC_ISSUER", "https://sso.example"),
                    ("MENJIN_SOCIAL_OIDC_CLIENT_ID", "menjin"),
                ],
                false,
            )
            .1;
            assert_eq!(errors.is_empty(), good || slug.is_empty(), "{slug}: {errors:?}");
        }
    }
}
