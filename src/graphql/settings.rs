//! `settings`: what a client needs to draw its forms.

use async_graphql::{Context, Object, SimpleObject};

use super::context::ContextExt as _;
use crate::captcha::Widget;
use crate::core::identifier::Region;
use crate::passwords::Policy;

/// What this gateway offers, as the settings decide it at start.
pub struct Offer {
    pub policy: Policy,
    pub captcha: Option<Widget>,
    /// Empty where no carrier is configured.
    pub sms_regions: Vec<Region>,
    pub terms_version: Option<String>,
    /// Slugs and names.
    pub providers: Vec<(String, String)>,
}

/// What passwords must be like. Any characters will do.
#[derive(SimpleObject)]
pub struct PasswordPolicy {
    /// In characters (Unicode code points).
    min_length: u32,
    /// In characters (Unicode code points).
    max_length: u32,
}

/// The captcha to solve when `CaptchaRequired` asks for it.
#[derive(SimpleObject)]
pub struct CaptchaSettings {
    /// The captcha service, by its slug.
    provider: String,
    /// The public key that the service's script wants.
    site_key: String,
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

/// Somewhere that people can sign in instead.
#[derive(SimpleObject)]
pub struct SocialProvider {
    /// Its name in this API: `qq`, `github`.
    slug: String,
    /// Its name for people.
    name: String,
}

/// What a client needs to draw its forms.
pub struct Settings;

/// What a client needs to draw its forms.
#[Object]
impl Settings {
    /// What passwords must be like.
    async fn password_policy(&self, ctx: &Context<'_>) -> PasswordPolicy {
        let policy = &ctx.service::<Offer>().policy;
        PasswordPolicy { min_length: policy.min_length, max_length: policy.max_length }
    }

    /// The captcha; null when there is none.
    async fn captcha(&self, ctx: &Context<'_>) -> Option<CaptchaSettings> {
        let widget = ctx.service::<Offer>().captcha.clone()?;
        Some(CaptchaSettings { provider: widget.provider, site_key: widget.site_key })
    }

    /// Regions whose mobile numbers can receive codes; the first is meant when a number has no calling code.
    async fn mobile_regions(&self, ctx: &Context<'_>) -> Vec<MobileRegion> {
        let region = |region: &Region| MobileRegion {
            code: region.code().into(),
            calling_code: region.calling_code().into(),
            name: region.name(ctx.language()).into(),
        };
        ctx.service::<Offer>().sms_regions.iter().map(region).collect()
    }

    /// Where people can sign in instead, in the order in which the operator likes them to be shown.
    async fn providers(&self, ctx: &Context<'_>) -> Vec<SocialProvider> {
        let provider =
            |(slug, name): &(String, String)| SocialProvider { slug: slug.clone(), name: name.clone() };
        ctx.service::<Offer>().providers.iter().map(provider).collect()
    }

    /// The version of the terms that `acceptTerms` accepts.
    async fn terms_version(&self, ctx: &Context<'_>) -> Option<String> {
        ctx.service::<Offer>().terms_version.clone()
    }
}

/// Queries about the gateway.
#[derive(Default)]
pub struct SettingsQueries;

#[Object]
impl SettingsQueries {
    /// What a client needs to draw its forms.
    async fn settings(&self) -> Settings {
        Settings
    }
}
