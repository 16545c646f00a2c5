//! The providers that are offered here, and where each sends browsers back to.

use std::sync::Arc;

use url::Url;

use super::provider::SocialProvider;

/// A provider that is offered.
#[derive(Clone)]
pub struct Offered {
    pub provider: Arc<dyn SocialProvider>,
    /// Registered with the provider, word for word.
    pub redirect_uri: Url,
}

/// All that are offered, in the order in which clients show them. Cheap to clone.
#[derive(Clone)]
pub struct Providers(Arc<[Offered]>);

impl Providers {
    #[must_use]
    pub fn new(offered: Vec<Offered>) -> Self {
        Self(offered.into())
    }

    /// The provider of that slug.
    #[must_use]
    pub fn find(&self, slug: &str) -> Option<&Offered> {
        self.0.iter().find(|offered| offered.provider.slug() == slug)
    }

    /// Slugs and names.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|offered| (offered.provider.slug(), offered.provider.name()))
    }
}
