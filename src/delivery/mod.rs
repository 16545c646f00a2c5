//! Messages: the outbox, its worker, and the ways out.
//!
//! A message is a row, written with what it belongs to; a [`Worker`] in each gateway takes rows by lease and sends
//! them. This room delivers: it knows no accounts and judges no codes.

mod backoff;
mod content;
pub mod email;
mod letters;
mod outbox;
mod render;
mod send;
pub mod sms;
#[cfg(test)]
pub(crate) mod testing;
mod worker;

pub use content::{Channel, Content, Destination, NoticeTopic, Status, Topic};
pub use email::Email;
pub use outbox::{MessageState, Outbox};
pub use send::{Receipt, SendError};
pub use sms::Sms;
pub use worker::Worker;

pub use crate::config::delivery::WorkerSettings;
pub use crate::db::models::NewMessage;
