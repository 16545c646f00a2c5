//! Names and addresses of people: each is parsed once, at the door, into one canonical form.
//!
//! A value of these types can stand; what cannot never becomes one. Types that hold an address show it masked only.

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
