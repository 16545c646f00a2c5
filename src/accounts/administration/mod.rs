//! What operators do on the command line.

pub mod create_user;
mod restore_account;
mod service;
mod undo_merge;
pub mod unverified_account;

pub use service::{Administration, RolesChange, RolesError};
