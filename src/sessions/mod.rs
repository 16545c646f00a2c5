//! Sessions, access tokens and the keys that sign them.
//!
//! A sign-in opens a session (a row) and returns an access token (a JWT that names the session). Services verify the
//! token with the public key; the gateway also checks the session.

mod access;
pub mod caller;
mod claims;
mod device;
mod hasura;
mod jwks;
mod keys;
mod logout;
mod material;
mod refresh;
pub mod refresh_session;
mod revoke_other_sessions;
pub mod revoke_session;
mod rotation;
mod service;
pub mod service_clients;
pub mod signed_in;
mod upstream;
#[cfg(test)]
mod vectors;
mod verify_token;

pub use access::{AccessToken, AccessTokens, Claims, TokenError};
pub use caller::Caller;
pub use device::device_name;
pub use hasura::HasuraClaims;
pub use jwks::Jwks;
pub use keys::{KeyError, KeyRing};
pub use rotation::KeyRules;
pub use rotation::Rotated;
pub use service::Sessions;
pub use signed_in::SignedIn;
pub use upstream::UpstreamTokens;
pub use verify_token::Strictness;

pub use crate::db::types::SessionMethod;
