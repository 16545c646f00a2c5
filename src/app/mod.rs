//! The composition root. Adapters are chosen and services are built only here.

mod error;
mod examine;
mod gateway;
mod keys;
mod master_key;
mod merges;
mod messages;
mod services;
mod social;

pub use error::StartError;
pub use examine::{Health, examine};
pub use gateway::Gateway;
pub use keys::{keys, listed_keys};
pub use merges::merge_tools;
pub use messages::{TestMessage, missing_carriers, send_test};
