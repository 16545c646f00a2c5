//! A session, as its owner sees it.

use async_graphql::{ID, SimpleObject};
use chrono::{DateTime, Utc};

use crate::db::models;
use crate::sessions::device_name;

/// A sign-in on one device.
#[derive(SimpleObject)]
pub struct Session {
    /// For `revokeSession`; the `sid` of access tokens.
    id: ID,
    /// Whether the request itself belongs to it.
    current: bool,
    /// The browser and the system, as far as the device tells: `Chrome, Windows 10`.
    device: String,
    /// The address from which it was opened.
    ip: Option<String>,
    /// When it was opened.
    created_at: DateTime<Utc>,
    /// When it was opened or refreshed last.
    last_used_at: DateTime<Utc>,
    /// When it ends if it is not used again.
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
