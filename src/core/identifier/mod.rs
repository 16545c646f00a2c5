//! Names and addresses of people: each is parsed once, at the door, into one canonical form.
//!
//! A value of these types can stand; what cannot never becomes one. Types that hold an address show it masked only.

mod account;
mod area_codes;
mod canonical;
mod email;
mod mobile;
mod names;
mod nickname;
mod region;
mod reserved;
mod username;

pub use account::Account;
pub use email::EmailAddress;
pub use mobile::{Mobile, MobileFault};
pub use nickname::Nickname;
pub use region::{Region, UnknownRegion};
pub use username::Username;
