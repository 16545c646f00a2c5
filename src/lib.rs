//! Menjin (门禁, "access control"): the authentication gateway for GraphQL applications.
//!
//! The modules of the crate; public ones are used by the binary and by tests. Arrows show allowed imports, which
//! `tests/layering.rs` checks:
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
mod ephemeral;
pub mod graphql;
pub mod http;
mod kit;
mod limits;
pub mod outcome;
mod passwords;
mod sandbox;
pub mod sessions;
mod social;
mod verification;
mod webhooks;
