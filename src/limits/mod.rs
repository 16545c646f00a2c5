//! Rates and budgets, as named actions.

mod error;
mod limiter;
mod login;
mod send;
mod service;

pub use error::LimitError;
pub use limiter::{ChangeKind, Limiter};
pub use login::LoginKeys;
pub use send::{Channel, SendCharge};
pub use service::ServiceTry;
