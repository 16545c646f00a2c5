//! `OpenID` Connect: one client for Google, Apple and company sign-on.
//!
//! `provider` is the flow. `discovery` and `jwks` fetch what the provider publishes, and `cached` keeps it for an hour.
//! `token` exchanges the code, `id_token` verifies the ID token, `user_info` reads names and e-mail addresses, and `apple`
//! contains what is specific to Apple.

mod apple;
mod cached;
mod discovery;
mod id_token;
mod jwks;
mod provider;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod token;
mod user_info;

pub use provider::Oidc;
