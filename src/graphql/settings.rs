//! `settings`: what clients need to display their forms.

use async_graphql::{Context, Object, SimpleObject};

use super::context::ContextExt as _;
use crate::core::identifier::Region;

/// The rules for passwords. All characters are allowed.
#[derive(SimpleObject)]
pub struct PasswordPolicy {
    /// In characters (Unicode code points).
    min_length: u32,
    /// In characters (Unicode code points).
    max_length: u32,
}

/// The captcha that people solve when `CaptchaRequired` asks for it.
#[derive(SimpleObject)]
pub struct CaptchaSettings {
    /// The slug of the captcha service.
    provider: String,
    /// The public key for the service's script; empty for ALTCHA.
    site_key: String,
    /// Where the widget of ALTCHA gets its challenge, with the query parameter `action`: the name of the mutation. Null
    /// for other services.
    challenge_url: Option<String>,
}

/// A region whose mobile numbers can receive codes.
#[derive(SimpleObject)]
pub struct MobileRegion {
    /// ISO 3166: `CN`.
    code: String,
    /// `+86`
    calling_code: String,
    /// The name in the caller's language.
    name: String,
}

/// A provider that people can sign in with.
#[derive(SimpleObject)]
pub struct SocialProvider {
    /// The name in this API: `qq`, `github`.
    slug: String,
    /// The name for people.
    name: String,
}

/// The public settings, which clients need to display their forms.
pub struct Settings;

/// The public settings, which clients need to display their forms.
#[Object]
impl Settings {
    /// The rules for passwords.
    async fn password_policy(&self, ctx: &Context<'_>) -> PasswordPolicy {
        let policy = &ctx.features().settings.policy;
        PasswordPolicy { min_length: policy.min_length, max_length: policy.max_length }
    }

    /// The captcha; null where none is configured.
    async fn captcha(&self, ctx: &Context<'_>) -> Option<CaptchaSettings> {
        let widget = ctx.features().settings.captcha.clone()?;
        Some(CaptchaSettings {
            provider: widget.provider,
            site_key: widget.site_key,
            challenge_url: widget.challenge_url,
        })
    }

    /// Regions whose mobile numbers can receive codes. A number without a calling code belongs to the first one.
    async fn mobile_regions(&self, ctx: &Context<'_>) -> Vec<MobileRegion> {
        let region = |region: &Region| MobileRegion {
            code: region.code().into(),
            calling_code: region.calling_code().into(),
            name: region.name(ctx.language()).into(),
        };
        ctx.features().settings.sms_regions.iter().map(region).collect()
    }

    /// The configured providers, in display order.
    async fn providers(&self, ctx: &Context<'_>) -> Vec<SocialProvider> {
        let provider =
            |(slug, name): &(String, String)| SocialProvider { slug: slug.clone(), name: name.clone() };
        ctx.features().settings.providers.iter().map(provider).collect()
    }

    /// The version of the terms that `acceptTerms` accepts.
    async fn terms_version(&self, ctx: &Context<'_>) -> Option<String> {
        ctx.features().settings.terms_version.clone()
    }
}

/// Queries about the gateway.
#[derive(Default)]
pub struct SettingsQueries;

#[Object]
impl SettingsQueries {
    /// The public settings, which clients need to display their forms.
    async fn settings(&self) -> Settings {
        Settings
    }
}
