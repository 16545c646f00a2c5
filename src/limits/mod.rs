//! Rate limits and budgets, by named actions.

mod counters;
mod limiter;
mod login;
mod send;
mod service;
mod sms_guard;

pub use counters::Counter;
pub use limiter::{ChangeKind, Limiter};
pub use login::LoginKeys;
pub use send::Channel;
pub use sms_guard::{SmsGuard, SmsTarget, day_of};
