//! What operators do on the command line.

pub mod create_user;
pub mod person;
mod restore_account;
mod service;
mod undo_merge;

pub use service::{Administration, RolesChange, RolesError};
