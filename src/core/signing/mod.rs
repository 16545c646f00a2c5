//! Signatures of requests to cloud services and of webhooks. No I/O.

pub mod acs3;
pub mod standard_webhooks;
pub mod tc3;
