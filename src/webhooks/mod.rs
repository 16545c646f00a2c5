//! Webhooks: applications are told about events of accounts, signed by Standard Webhooks 1.0.0.
//!
//! An event is the audit entry of its cause, written in the same transaction. [`Dispatcher`] turns it into one delivery per
//! endpoint and sends deliveries until the endpoint accepts them.

mod address;
mod body;
mod client;
mod deliver;
mod dispatcher;
mod hook;
mod schedule;

pub use body::test_event;
pub use client::{Attempt, WebhookClient};
pub use dispatcher::Dispatcher;
pub use hook::TokenHook;
