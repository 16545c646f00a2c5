//! Delivery of SMS messages and e-mails: the outbox, the worker that sends it, and the channels.
//!
//! A message is a row of the outbox, written in the transaction that causes it. A [`Worker`] in each gateway claims rows
//! with a lease and sends them. This module knows nothing about accounts and does not verify codes.

mod backoff;
mod content;
pub mod direct;
pub mod email;
mod outbox;
pub mod receipts;
mod render;
mod send;
pub mod sms;
#[cfg(test)]
pub(crate) mod testing;
mod texts;
mod worker;

pub use content::{Content, Destination, NoticeTopic, Topic};
pub use email::Email;
pub use outbox::{MessageState, Outbox};
pub use send::{Receipt, SendError};
pub use sms::Sms;
pub use worker::Worker;

pub use crate::config::delivery::WorkerSettings;
pub use crate::db::models::NewMessage;
pub use crate::db::types::{Channel, MessageStatus};
