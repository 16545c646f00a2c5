//! The GraphQL API: schema, inputs, results, and short resolvers; one file per feature.

mod accounts;
mod activity;
pub mod api;
mod availability;
mod codes;
mod contact;
pub mod context;
mod cookies;
mod deletion;
mod delivery;
pub mod document;
mod error;
pub mod error_code;
mod features;
mod federation;
mod identity;
mod input;
mod me;
mod merge;
mod password;
mod problem;
mod problem_code;
mod profile;
mod public_settings;
mod qq;
mod refuse;
mod reply;
mod schema;
mod session;
mod sessions;
mod settings;
mod signed_in;
mod social;
mod social_input;
mod social_link;
mod social_outcome;
mod social_problem;
mod tokens;
mod user;
mod weight;

#[cfg(test)]
pub mod testing;

pub use cookies::CookiePolicy;
pub use features::Features;
pub use federation::federated;
pub use public_settings::PublicSettings;
pub use schema::{Builder, GatewaySchema, Root, builder, sdl};
