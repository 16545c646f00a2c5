//! Signatures of requests to cloud services and of webhooks. No I/O.

pub mod standard_webhooks;
pub mod tc3;
