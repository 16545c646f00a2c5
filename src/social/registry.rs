//! The configured providers and their redirect URIs.

use std::sync::Arc;

use url::Url;

use super::provider::SocialProvider;
use crate::core::language::Language;

/// A configured provider.
#[derive(Clone)]
pub struct ConfiguredProvider {
    pub provider: Arc<dyn SocialProvider>,
    /// The redirect URI, exactly as registered with the provider.
    pub redirect_uri: Url,
}

/// All configured providers in display order. Cheap to clone.
#[derive(Clone)]
pub struct Providers(Arc<[ConfiguredProvider]>);

impl Providers {
    #[must_use]
    pub fn new(offered: Vec<ConfiguredProvider>) -> Self {
        Self(offered.into())
    }

    /// Returns the provider with this slug.
    #[must_use]
    pub fn find(&self, slug: &str) -> Option<&ConfiguredProvider> {
        self.0.iter().find(|offered| offered.provider.slug() == slug)
    }

    /// Returns the name of a provider in a language, or `None` if the provider is not configured.
    #[must_use]
    pub fn name(&self, slug: &str, language: Language) -> Option<&str> {
        self.find(slug).map(|offered| offered.provider.name_in(language))
    }

    /// Returns slugs and names.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|offered| (offered.provider.slug(), offered.provider.name()))
    }

    /// Returns slugs and names as owned values.
    #[must_use]
    pub fn owned_names(&self) -> Vec<(String, String)> {
        self.names().map(|(slug, name)| (slug.to_owned(), name.to_owned())).collect()
    }
}
