//! Menjin (门禁, "the guarded door"): the authentication gateway of GraphQL applications.
//!
//! The map of the crate. Arrows point one way:
//!
//! ```text
//! main -> cli -> app -> http -> graphql -> accounts -> { verification -> delivery, sessions, passwords, limits, captcha }
//! everything -> config, db, ephemeral -> core
//! ```
//!
//! Any mutation is told in three files: `graphql/<feature>.rs`, `<feature>/<use_case>.rs`, `db/queries/<topic>.rs`.

pub mod accounts;
pub mod app;
pub mod audit;
pub mod captcha;
pub mod cli;
pub mod config;
pub mod core;
pub mod db;
pub mod delivery;
pub mod ephemeral;
pub mod graphql;
pub mod http;
pub mod kit;
pub mod limits;
pub mod outcome;
pub mod passwords;
pub mod sandbox;
pub mod sessions;
pub mod social;
pub mod verification;
