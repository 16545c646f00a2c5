//! What the emulated services share.

use std::time::Duration;

use super::tickets::Tickets;

/// What the services share.
pub(super) struct Shared {
    pub(super) tickets: Tickets,
    /// How long a response takes that is too late.
    pub(super) slow: Duration,
}
