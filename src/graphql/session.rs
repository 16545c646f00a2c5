//! Sessions, as their owner sees them.

use async_graphql::{ID, SimpleObject};
use chrono::{DateTime, Utc};

use crate::db::models;
use crate::sessions::device_name;

/// A sign-in on one device.
#[derive(SimpleObject)]
pub struct Session {
    /// For `revokeSession`; the `sid` of access tokens.
    id: ID,
    /// Whether the request belongs to this session.
    current: bool,
    /// The browser and the operating system, if known: `Chrome, Windows 10`.
    device: String,
    /// The address from which the session was opened.
    ip: Option<String>,
    /// When the session was opened.
    created_at: DateTime<Utc>,
    /// When the session was last opened or refreshed.
    last_used_at: DateTime<Utc>,
    /// When the session expires if it is not used.
    expires_at: DateTime<Utc>,
}

impl Session {
    /// `current`: the session of the request.
    pub fn new(session: models::Session, current: bool) -> Self {
        Self {
            id: session.id.to_string().into(),
            current,
            device: device_name(session.user_agent.as_deref()),
            ip: session.address,
            created_at: session.created_at.0,
            last_used_at: session.last_used_at.0,
            expires_at: session.idle_expires_at.0,
        }
    }
}
