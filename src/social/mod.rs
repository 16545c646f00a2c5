//! Sign-in by QQ and its siblings: the provider vouches for a person, whom we sign in, bind to an account or register.
//!
//! `provider` is the port, one file in `providers/` implements it for each of them, `client` sends HTTP requests, `responses`
//! parses their responses and `values` validates single values.
//! `states` and `tickets` tie each sign-in to one browser; the use cases are named after their mutations. Those about QQ
//! are the same ones, with the provider fixed.

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
pub use provider::{AuthorizeRequest, Callback, Display, Profile, ProviderError, SocialProvider, Tokens};
pub use registry::{ConfiguredProvider, Providers};
pub use service::{Social, SocialParts};
pub use states::States;
