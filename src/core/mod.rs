//! What everything else rests on: time, chance, identifiers, secrets, language. No I/O and no framework.

pub mod client;
pub mod clock;
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
