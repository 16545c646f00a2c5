//! `OpenID` Connect: one client for Google, Apple and company sign-on.
//!
//! `provider` is the flow; `discovery` and `jwks` are what the provider publishes, kept for an hour by `cached`;
//! `token` exchanges the code, `id_token` holds the checks, `person` reads names and e-mails, `apple` what only Apple does.

mod apple;
mod cached;
mod discovery;
mod id_token;
mod jwks;
mod person;
mod provider;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod token;

pub use provider::Oidc;
