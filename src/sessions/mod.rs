//! Sessions, access tokens and the keys that sign them.
//!
//! A sign-in opens a session (a row) and hands out an access token (a JWT that names the session). Whoever holds the
//! public key can verify the token without asking; the gateway also looks at the session.

mod access;
mod device;
mod hasura;
mod jwks;
mod keys;
mod material;
mod opening;
mod refresh;
mod rotation;
mod upstream;
#[cfg(test)]
mod vectors;

pub use access::{AccessToken, AccessTokens, Claims, TokenFault};
pub use device::device_name;
pub use hasura::HasuraClaims;
pub use jwks::Jwks;
pub use keys::{KeyError, KeyRing};
pub use opening::{Method, Opened, Sessions};
pub use refresh::{Presented, RefreshTokens, Standing};
pub use rotation::KeyRules;
pub use rotation::Rotated;
pub use upstream::UpstreamTokens;
