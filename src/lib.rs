//! Menjin (门禁, "access control"): the authentication gateway for GraphQL applications.
//!
//! The rooms of the crate. Arrows show allowed imports; `tests/layering.rs` checks them:
//!
//! ```text
//! main -> cli -> app -> http -> graphql -> social -> accounts -> { verification -> delivery, sessions, passwords, captcha }
//! features -> kit -> { audit, limits }
//! everything -> outcome, config, db, ephemeral -> core
//! ```
//!
//! A feature (`Verification`, `Sessions`, `Accounts`, `Social`) is one service that is built from a `Kit`; a use case is one of
//! its methods, in a file of its own. To understand a mutation, read three files: its resolver in `graphql/`, its use case in
//! the folder of its feature, and its queries in `db/queries/`.

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
pub mod webhooks;
