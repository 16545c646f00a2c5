//! Says once that a store is away, and once that it is back: a line for each call would bury everything else.

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a store answered when it was asked last. Cheap to clone; clones share what they know.
#[derive(Clone)]
pub struct Outage {
    store: &'static str,
    unavailable: Arc<AtomicBool>,
}

impl Outage {
    /// A store of that name, which answers as far as we know.
    #[must_use]
    pub fn new(store: &'static str) -> Self {
        Self { store, unavailable: Arc::default() }
    }

    /// The store did not answer.
    pub fn unavailable(&self, reason: &dyn Display) {
        if self.unavailable.swap(true, Ordering::Relaxed) {
            tracing::debug!(store = self.store, %reason, "still away");
        } else {
            tracing::error!(store = self.store, %reason, "a store is away: what needs it answers UNAVAILABLE");
        }
    }

    /// The store answered.
    pub fn recovered(&self) {
        if self.unavailable.load(Ordering::Relaxed) && self.unavailable.swap(false, Ordering::Relaxed) {
            tracing::info!(store = self.store, "the store is back");
        }
    }
}
