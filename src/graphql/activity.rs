//! The caller's entries of the audit log.

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};

use crate::db::models::AuditEvent;
use crate::sessions::device_name;

/// An event of the account.
#[derive(SimpleObject)]
pub struct Activity {
    /// The kind: `registered`, `signed_in`, `sign_in_failed`, `password_changed` … New kinds may be added.
    kind: String,
    /// When it happened.
    at: DateTime<Utc>,
    /// The client's address.
    ip: Option<String>,
    /// The browser and the operating system, if known: `Chrome, Windows 10`. Null for changes by operators.
    device: Option<String>,
}

impl From<AuditEvent> for Activity {
    fn from(event: AuditEvent) -> Self {
        let device = event.user_agent.as_deref().map(|agent| device_name(Some(agent)));
        Self { kind: event.kind.to_string(), at: event.at.0, ip: event.address, device }
    }
}
