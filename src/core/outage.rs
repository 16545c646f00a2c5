//! Logs the start and the end of an outage once, instead of one line per failed call.

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the last call of a store succeeded. Cheap to clone; clones share the state.
#[derive(Clone)]
pub struct Outage {
    store: &'static str,
    unavailable: Arc<AtomicBool>,
}

impl Outage {
    /// Builds the state of the store `store`, which counts as available until a call fails.
    #[must_use]
    pub fn new(store: &'static str) -> Self {
        Self { store, unavailable: Arc::default() }
    }

    /// Records that a call failed.
    pub fn unavailable(&self, reason: &dyn Display) {
        if self.unavailable.swap(true, Ordering::Relaxed) {
            tracing::debug!(store = self.store, %reason, "store still unavailable");
        } else {
            tracing::error!(store = self.store, %reason, "store unavailable: requests that need it fail with UNAVAILABLE");
        }
    }

    /// Records that a call succeeded.
    pub fn recovered(&self) {
        if self.unavailable.load(Ordering::Relaxed) && self.unavailable.swap(false, Ordering::Relaxed) {
            tracing::info!(store = self.store, "store available again");
        }
    }
}
