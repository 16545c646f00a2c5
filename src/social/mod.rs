//! Sign-in by QQ and its siblings: the provider vouches for a person, whom we sign in, bind to an account or register.
//!
//! `provider` is the port, one file in `providers/` implements it for each of them; `client` is how they are asked.

mod client;
mod provider;
pub mod providers;

pub use client::{Answer, HttpClient};
pub use provider::{AuthorizeRequest, Callback, Display, Profile, ProviderError, SocialProvider, Tokens};
