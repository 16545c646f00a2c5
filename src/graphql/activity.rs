//! What the audit log says of the caller.

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};

use crate::db::models::AuditEvent;
use crate::sessions::device_name;

/// Something that happened to the account.
#[derive(SimpleObject)]
pub struct Activity {
    /// What it was: `registered`, `signed_in`, `sign_in_failed`, `password_changed` … New kinds may be added.
    kind: String,
    /// When.
    at: DateTime<Utc>,
    /// The address it came from.
    ip: Option<String>,
    /// The browser and the system, as far as the device told: `Chrome, Windows 10`. Null for what operators did.
    device: Option<String>,
}

impl From<AuditEvent> for Activity {
    fn from(event: AuditEvent) -> Self {
        let device = event.user_agent.as_deref().map(|agent| device_name(Some(agent)));
        Self { kind: event.kind.to_string(), at: event.at.0, ip: event.address, device }
    }
}
