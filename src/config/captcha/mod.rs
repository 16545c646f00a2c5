//! The captcha: the service, when it is required, and for which mutations.

mod action;
pub mod sandbox;
mod suspicion;

use std::str::FromStr;
use std::time::Duration;

pub use action::CaptchaAction;
pub use suspicion::SuspicionSettings;

use super::accounts::PageUrl;
use super::http::Origin;
use super::reader::Reader;
use crate::core::secret::{ExposeSecret as _, SecretString};

/// The captcha. No `Debug`: it contains secrets.
#[derive(Clone)]
pub struct CaptchaSettings {
    pub provider: CaptchaProvider,
    pub mode: CaptchaMode,
    /// The mutations that can require a captcha.
    pub actions: Vec<CaptchaAction>,
    pub on_outage: OnOutage,
    /// The limit for one request to the service.
    pub timeout: Duration,
    /// The base URL of the service, without a slash at the end; `None`: the public one.
    pub url: Option<String>,
    /// The public key of the widget. Tencent calls it `CaptchaAppId`, GeeTest `captcha_id`.
    pub site_key: String,
    /// The secret that belongs to the public key.
    pub secret: SecretString,
    /// The host names of pages with the widget; empty: any.
    pub hostnames: Vec<String>,
    /// The cloud account of Tencent: `SecretId` and `SecretKey`.
    pub secret_id: String,
    pub secret_key: SecretString,
    /// Whether tickets that a page made because Tencent's script did not load are accepted.
    pub disaster_tickets: bool,
    pub altcha: AltchaSettings,
    pub suspicion: SuspicionSettings,
}

/// The proof of work.
#[derive(Clone, Debug)]
pub struct AltchaSettings {
    /// The greatest number that can be the solution. On average half as many hashes are needed.
    pub max_number: u32,
    /// How long a challenge is valid.
    pub lifetime: Duration,
    /// Whether a challenge is valid for the network that requested it only.
    pub bind_network: bool,
}

/// A captcha service, by its slug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptchaProvider {
    /// Nobody needs a captcha.
    None,
    Altcha,
    Turnstile,
    Hcaptcha,
    Geetest,
    Tencent,
    TencentLegacy,
}

/// When a captcha is required.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptchaMode {
    Always,
    /// After failures or many messages.
    Suspicion,
}

/// What happens while the captcha service is unavailable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnOutage {
    Refuse,
    Allow,
}

/// Secrets that accept every response. They are published for tests.
const TEST_SECRETS: [&str; 4] = [
    "1x0000000000000000000000000000000AA",
    "2x0000000000000000000000000000000AA",
    "3x0000000000000000000000000000000AA",
    "0x0000000000000000000000000000000000000000",
];

impl CaptchaProvider {
    /// Returns the name in settings and in the API.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Altcha => "altcha",
            Self::Turnstile => "turnstile",
            Self::Hcaptcha => "hcaptcha",
            Self::Geetest => "geetest",
            Self::Tencent => "tencent",
            Self::TencentLegacy => "tencent_legacy",
        }
    }

    /// Whether the service is reached over the network and needs keys.
    fn is_remote(self) -> bool {
        !matches!(self, Self::None | Self::Altcha)
    }
}

impl FromStr for CaptchaProvider {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [
            Self::None,
            Self::Altcha,
            Self::Turnstile,
            Self::Hcaptcha,
            Self::Geetest,
            Self::Tencent,
            Self::TencentLegacy,
        ];
        all.into_iter()
            .find(|provider| provider.slug() == text)
            .ok_or("none, altcha, turnstile, hcaptcha, geetest, tencent or tencent_legacy is expected")
    }
}

impl FromStr for CaptchaMode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "always" => Ok(Self::Always),
            "suspicion" => Ok(Self::Suspicion),
            _ => Err("always or suspicion is expected"),
        }
    }
}

impl FromStr for OnOutage {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "refuse" => Ok(Self::Refuse),
            "allow" => Ok(Self::Allow),
            _ => Err("refuse or allow is expected"),
        }
    }
}

impl CaptchaSettings {
    /// Reads the section.
    pub fn read(reader: &mut Reader) -> Self {
        let settings = Self {
            provider: reader.value(
                "captcha.provider",
                "none",
                "The captcha: `none`, `altcha` (proof of work, without an outside service), `turnstile`, `hcaptcha`, `geetest`, `tencent` or `tencent_legacy`.",
            ),
            mode: reader.value(
                "captcha.mode",
                "suspicion",
                "`always`, or `suspicion`: only after failures or many messages.",
            ),
            actions: reader.list(
                "captcha.actions",
                "login,loginWithCode,register,sendSms,sendEmailCode,requestPasswordReset,resetPassword,bindSocial,registerWithSocial,mergeAccount",
                "The mutations that can require a captcha.",
            ),
            on_outage: reader.value(
                "captcha.on_outage",
                "refuse",
                "While the captcha service is unavailable, `refuse` requests that need a captcha, or `allow` them.",
            ),
            timeout: reader.duration("captcha.timeout", "3s", "The limit for one request to the captcha service."),
            url: reader.optional::<String>(
                "captcha.url",
                "The base URL of the captcha service; empty: its public address.",
            ),
            site_key: reader
                .optional("captcha.site_key", "The public key of the widget (Tencent: CaptchaAppId, GeeTest: captcha_id); development without one: the sandbox.")
                .unwrap_or_default(),
            secret: reader
                .secret("captcha.secret", "The secret that belongs to `captcha.site_key`.")
                .unwrap_or_default(),
            hostnames: reader.list(
                "captcha.hostnames",
                "",
                "Turnstile and hCaptcha: the host names of pages with the widget; empty: any.",
            ),
            secret_id: reader
                .optional("captcha.secret_id", "Tencent: the SecretId of the cloud account.")
                .unwrap_or_default(),
            secret_key: reader
                .secret("captcha.secret_key", "Tencent: the SecretKey of the cloud account.")
                .unwrap_or_default(),
            disaster_tickets: reader.value(
                "captcha.disaster_tickets",
                "false",
                "Tencent: whether to accept tickets that a page makes when Tencent's script does not load. Anyone can make one.",
            ),
            altcha: AltchaSettings::read(reader),
            suspicion: SuspicionSettings::read(reader),
        };
        settings.check(reader);
        Self { url: settings.url.map(|url| url.trim_end_matches('/').to_owned()), ..settings }
    }

    /// Uses the sandbox for a service without keys.
    pub fn fill_from_sandbox(&mut self, public_url: &Origin) {
        if !self.provider.is_remote() || !self.site_key.is_empty() {
            return;
        }
        sandbox::SITE_KEY.clone_into(&mut self.site_key);
        sandbox::SECRET_ID.clone_into(&mut self.secret_id);
        self.secret = sandbox::SECRET.into();
        self.secret_key = sandbox::SECRET_KEY.into();
        if self.url.is_none() {
            let slug = self.provider.slug();
            self.url = Some(format!("{}{}/{slug}", public_url.as_str(), sandbox::PATH));
        }
    }

    /// Whether `captcha.secret` is a published test secret, which accepts every response.
    #[must_use]
    pub fn has_test_secret(&self) -> bool {
        TEST_SECRETS.contains(&self.secret.expose_secret())
    }

    /// Checks what only production needs.
    pub fn check_production(&self, reader: &mut Reader) {
        if self.provider.is_remote() && self.site_key.is_empty() {
            reader.error("captcha.site_key", "needed in production: the sandbox exists in development only");
        }
        if self.has_test_secret() {
            reader.error("captcha.secret", "a published test secret accepts every response");
        }
        if self.url.as_deref().is_some_and(|url| !url.starts_with("https://")) {
            reader.error("captcha.url", "production needs https");
        }
    }

    fn check(&self, reader: &mut Reader) {
        let url = self.url.as_deref();
        if url.is_some_and(|url| url.parse::<PageUrl>().is_err() || url.contains('?')) {
            reader.error("captcha.url", "http:// or https:// and a host are expected");
        }
        if self.timeout.is_zero() || self.timeout > Duration::from_secs(8) {
            reader.error("captcha.timeout", "at least 1ms and at most 8s");
        }
        let site_key = !self.site_key.is_empty();
        if self.provider.is_remote() && site_key == self.secret.expose_secret().is_empty() {
            reader.error("captcha.secret", "`captcha.site_key` and `captcha.secret` belong together");
        }
        let tencent = matches!(self.provider, CaptchaProvider::Tencent | CaptchaProvider::TencentLegacy);
        if tencent && site_key && self.site_key.parse::<u64>().is_err() {
            reader.error("captcha.site_key", "Tencent's CaptchaAppId is a number");
        }
        if self.provider == CaptchaProvider::Tencent
            && site_key
            && (self.secret_id.is_empty() || self.secret_key.expose_secret().is_empty())
        {
            reader.error("captcha.secret_id", "Tencent needs `captcha.secret_id` and `captcha.secret_key`");
        }
    }
}

impl AltchaSettings {
    fn read(reader: &mut Reader) -> Self {
        let settings = Self {
            max_number: reader.value(
                "captcha.altcha_max_number",
                "50000",
                "ALTCHA: the difficulty. A solution takes half as many hashes on average.",
            ),
            lifetime: reader.duration("captcha.altcha_lifetime", "5m", "ALTCHA: how long a challenge is valid."),
            bind_network: reader.value(
                "captcha.altcha_bind_network",
                "true",
                "ALTCHA: whether a solution is accepted only from the client address that requested the challenge.",
            ),
        };
        if !(1..=10_000_000).contains(&settings.max_number) {
            reader.error("captcha.altcha_max_number", "1 to 10000000");
        }
        if settings.lifetime < Duration::from_secs(30) || settings.lifetime > Duration::from_secs(3_600) {
            reader.error("captcha.altcha_lifetime", "at least 30s and at most 1h");
        }
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::super::reader::Source;
    use super::*;

    fn read(variables: &[(&str, &str)], production: bool) -> (CaptchaSettings, String) {
        let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut reader = Reader::new(Source::from_variables(owned));
        let settings = CaptchaSettings::read(&mut reader);
        if production {
            settings.check_production(&mut reader);
        }
        (settings, reader.finish().1.join("\n"))
    }

    #[test]
    fn no_captcha_is_the_default() {
        let (settings, errors) = read(&[], true);
        assert_eq!((settings.provider, errors.as_str()), (CaptchaProvider::None, ""));
        assert_eq!(settings.actions, CaptchaAction::ALL);
        assert_eq!((settings.mode, settings.on_outage), (CaptchaMode::Suspicion, OnOutage::Refuse));
    }

    #[test]
    fn a_service_without_keys_is_in_the_sandbox() {
        let (mut settings, errors) = read(&[("MENJIN_CAPTCHA_PROVIDER", "turnstile")], false);
        assert_eq!(errors, "");
        settings.fill_from_sandbox(&"http://127.0.0.1:8000".parse().unwrap());
        assert_eq!(settings.url.as_deref(), Some("http://127.0.0.1:8000/sandbox/captcha/turnstile"));
        let (_, errors) = read(&[("MENJIN_CAPTCHA_PROVIDER", "turnstile")], true);
        assert!(errors.contains("MENJIN_CAPTCHA_SITE_KEY"), "{errors}");
    }

    #[test]
    fn wrong_combinations_are_configuration_errors() {
        let turnstile = ("MENJIN_CAPTCHA_PROVIDER", "turnstile");
        let (site, secret) = (("MENJIN_CAPTCHA_SITE_KEY", "1"), ("MENJIN_CAPTCHA_SECRET", "s3cret"));
        for (variables, expected) in [
            (vec![turnstile, site], "captcha.secret"),
            (vec![turnstile, secret], "captcha.secret"),
            (vec![turnstile, site, ("MENJIN_CAPTCHA_SECRET", TEST_SECRETS[0])], "test secret"),
            (vec![turnstile, site, secret, ("MENJIN_CAPTCHA_URL", "http://a.example")], "https"),
            (vec![("MENJIN_CAPTCHA_PROVIDER", "tencent"), site, secret], "captcha.secret_id"),
            (
                vec![
                    ("MENJIN_CAPTCHA_PROVIDER", "tencent_legacy"),
                    ("MENJIN_CAPTCHA_SITE_KEY", "abc"),
                    secret,
                ],
                "a number",
            ),
            (vec![("MENJIN_CAPTCHA_ACTIONS", "login,fly")], "a mutation is expected"),
            (vec![("MENJIN_CAPTCHA_TIMEOUT", "20s")], "captcha.timeout"),
        ] {
            let errors = read(&variables, true).1;
            assert!(errors.contains(expected), "{expected}: {errors}");
            assert!(!errors.contains("s3cret"), "{errors}");
        }
    }
}
