//! Registering and signing in.

pub mod login;
pub mod login_with_code;
pub mod register;
pub mod verify_account;
