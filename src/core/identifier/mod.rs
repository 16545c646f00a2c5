//! Names and addresses of users. Each is parsed once, at the boundary, into a canonical form.
//!
//! Values of these types are always valid. `Debug` shows addresses masked.

mod area_codes;
mod canonical;
mod email;
mod login_identifier;
mod mobile;
mod names;
mod nickname;
mod region;
mod reserved;
mod username;

pub use email::EmailAddress;
pub use login_identifier::LoginIdentifier;
pub use mobile::{Mobile, MobileError};
pub use nickname::Nickname;
pub use region::{Region, UnknownRegion};
pub use username::Username;
