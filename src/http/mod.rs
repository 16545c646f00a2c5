//! The HTTP server: router, middleware, GraphQL over HTTP, and endpoints for proxies and services.

mod activity;
pub mod address;
mod captcha;
pub mod edge;
pub mod form_callback;
mod forward_auth;
pub mod graphiql;
pub mod graphql;
pub mod hasura;
pub mod health;
pub mod introspection;
pub mod negotiate;
pub mod origin;
pub mod refusal;
pub mod router;
pub mod server;
mod service_client;
pub mod service_endpoints;
mod sms_receipts;
pub mod well_known;

#[cfg(test)]
mod server_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use address::Peer;
pub use health::Checks;
pub use router::{Parts, router};
pub use server::serve;
pub use service_endpoints::ServiceEndpoints;
