//! Accounts, grouped by topic. A use case is a method of [`Accounts`] in a file that is named after its mutation or
//! query; what operators do is a method of [`Administration`](administration::Administration).

pub mod account;
pub mod administration;
mod changes;
pub mod contact_claim;
pub mod credentials;
mod failed_verification;
pub mod import;
pub mod lifecycle;
pub mod naming;
pub mod notices;
pub mod profile;
mod service;
pub mod sign_in;

pub use service::{AccountParts, Accounts};
