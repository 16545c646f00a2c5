//! The bodies of webhooks.

use serde_json::{Value, json};

use crate::core::clock::Instant;

/// Returns the body of an event: its type, its time, and the data. The data names the user but contains no addresses; an
/// application that needs them asks the gateway.
pub(super) fn body(event_type: &str, at: Instant, data: &Value) -> String {
    let timestamp = at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    json!({ "type": event_type, "timestamp": timestamp, "data": data }).to_string()
}

/// Returns the body of the event that `menjin webhooks test` sends.
#[must_use]
pub fn test_event(at: Instant) -> String {
    body("webhook.test", at, &json!({}))
}
