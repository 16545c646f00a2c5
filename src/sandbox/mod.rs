//! Development only: what stands in for the world outside.
//!
//! `/dev/inbox` shows the text messages and mails that the inbox adapters of `delivery` wrote down.

mod inbox;

use axum::Router;

use crate::db::Db;

/// The pages of development mode. Production must not mount them: they show codes to whoever asks.
pub fn router(db: Db) -> Router {
    inbox::router(db)
}
