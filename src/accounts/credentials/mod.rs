//! Passwords and contacts: changing them, and resetting a forgotten password.

pub mod change_contact;
mod change_email;
mod change_mobile;
pub mod change_password;
pub mod new_password;
pub mod reauthentication;
pub mod request_password_reset;
mod reset_link;
pub mod reset_links;
pub mod reset_password;
