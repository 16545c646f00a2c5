//! Rows of webhooks: which endpoints an event is to be published to, and the deliveries.

use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use diesel::{Insertable, Queryable, Selectable};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::models::AuditEvent;
use super::schema;
use super::types::{Ts, Uid, WebhookStatus};

/// The column `publication` of an audit entry: the endpoints that are still to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    pub endpoints: Vec<String>,
    /// The user, where the entry itself must not name the user because the account is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<Uuid>,
}

impl Publication {
    /// Returns the text of the column; `None` if no endpoint is to be told.
    #[must_use]
    pub fn to_column(&self) -> Option<String> {
        if self.endpoints.is_empty() { None } else { serde_json::to_string(self).ok() }
    }

    /// Reads the column of an entry.
    #[must_use]
    pub fn of(event: &AuditEvent) -> Option<Self> {
        serde_json::from_str(event.publication.as_deref()?).ok()
    }
}

/// Builds the deliveries of an event.
pub type BuildDeliveries<'a> = &'a (dyn Fn(&AuditEvent) -> Vec<WebhookDelivery> + Sync);

/// An event that is delivered to one endpoint.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::webhook_deliveries, check_for_backend(Pg, Sqlite))]
pub struct WebhookDelivery {
    pub id: Uid,
    /// The audit entry. It is the same for all endpoints and all attempts.
    pub event_id: Uid,
    pub endpoint: String,
    pub event_type: String,
    /// JSON, exactly as it is sent.
    pub body: String,
    pub status: WebhookStatus,
    /// Including the attempt that is being made.
    pub attempts: i32,
    pub next_attempt_at: Ts,
    pub last_error: Option<String>,
    pub created_at: Ts,
    pub updated_at: Ts,
}

/// The result of an attempt.
#[derive(Clone, Debug)]
pub struct WebhookResult {
    pub status: WebhookStatus,
    /// When the next attempt is made, if the status is `Queued`.
    pub next_attempt_at: Ts,
    pub last_error: Option<String>,
}

/// Which deliveries an operator asks for; newest first.
#[derive(Clone, Debug, Default)]
pub struct WebhookFilter {
    pub endpoint: Option<String>,
    pub status: Option<WebhookStatus>,
    pub since: Option<Ts>,
    pub event_id: Option<Uid>,
    pub limit: i64,
}
