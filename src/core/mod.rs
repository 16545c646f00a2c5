//! The basis of all other modules: clock, randomness, identifiers, secrets, languages. No I/O and no framework.

pub mod client;
pub mod clock;
pub mod contact;
pub mod guard;
pub mod identifier;
pub mod ids;
pub mod invalid_value;
pub mod language;
pub mod outage;

pub mod random;
pub mod roles;
pub mod secret;
pub mod signing;
