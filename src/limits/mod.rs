//! Rate limits and budgets, by named actions.

mod counters;
mod limiter;
mod login;
mod send;
mod service;

pub use counters::Counter;
pub use limiter::{ChangeKind, Limiter};
pub use login::LoginKeys;
pub use send::Channel;
