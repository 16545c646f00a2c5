//! The protection of the SMS budget.

mod conversion;
mod guard;

pub use guard::{SmsGuard, SmsTarget, day_of};
