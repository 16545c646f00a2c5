//! Social sign-in: after signing in with a provider, a user is signed in, binds an account or registers.
//!
//! `provider` is the port, which each file in `providers/` implements. `client` sends HTTP requests, `responses` parses
//! the responses and `values` validates single values. `states` and `tickets` bind each sign-in to one browser. The use
//! cases are named after their mutations; those for QQ are the same with the provider fixed.

pub mod bind_social;
mod browser;
mod client;
mod endpoint;
pub mod exchange;
pub mod form_callback;
pub mod link_social;
mod next;
mod provider;
pub mod providers;
pub mod register_with_social;
mod registry;
mod responses;
mod service;
pub mod social_authorize;
pub mod social_authorize_url;
mod states;
#[cfg(test)]
mod testing;
mod tickets;
pub mod unlink_social;
pub mod values;
mod vault;

pub use client::HttpClient;
pub use provider::{Display, SocialProvider};
pub use registry::{ConfiguredProvider, Providers};
pub use service::{Social, SocialParts};
pub use states::States;
