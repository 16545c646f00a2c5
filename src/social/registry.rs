//! The providers that are offered here, and where each sends browsers back to.

use std::sync::Arc;

use url::Url;

use super::provider::SocialProvider;
use crate::core::language::Language;

/// A provider that is offered.
#[derive(Clone)]
pub struct ConfiguredProvider {
    pub provider: Arc<dyn SocialProvider>,
    /// Registered with the provider, word for word.
    pub redirect_uri: Url,
}

/// All that are offered, in the order in which clients show them. Cheap to clone.
#[derive(Clone)]
pub struct Providers(Arc<[ConfiguredProvider]>);

impl Providers {
    #[must_use]
    pub fn new(offered: Vec<ConfiguredProvider>) -> Self {
        Self(offered.into())
    }

    /// The provider of that slug.
    #[must_use]
    pub fn find(&self, slug: &str) -> Option<&ConfiguredProvider> {
        self.0.iter().find(|offered| offered.provider.slug() == slug)
    }

    /// Returns the name of a provider in a language; `None` where the provider is not configured.
    #[must_use]
    pub fn name(&self, slug: &str, language: Language) -> Option<&str> {
        self.find(slug).map(|offered| offered.provider.name_in(language))
    }

    /// Slugs and names.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|offered| (offered.provider.slug(), offered.provider.name()))
    }

    /// Returns the slugs and names as values of their own.
    #[must_use]
    pub fn owned_names(&self) -> Vec<(String, String)> {
        self.names().map(|(slug, name)| (slug.to_owned(), name.to_owned())).collect()
    }
}
