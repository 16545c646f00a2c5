//! Audit entries: who, what, when, from where. They contain no secrets and no contacts.

mod event_type;

use std::sync::Arc;

pub use event_type::event_type;

use crate::config::webhooks::{WebhookEndpoint, WebhookSettings};
use crate::core::client::Client;
use crate::core::clock::Clock;
use crate::core::ids::{AuditId, SessionId, UserId};
use crate::core::random::Random;
use crate::db::models::AuditEvent;
pub use crate::db::types::Kind;
use crate::db::webhooks::Publication;

/// Builds audit entries. Cheap to clone.
#[derive(Clone)]
pub struct Audit {
    clock: Clock,
    random: Random,
    endpoints: Arc<[WebhookEndpoint]>,
}

impl Audit {
    /// Builds an audit log whose entries are not published.
    #[must_use]
    pub fn new(clock: Clock, random: Random) -> Self {
        Self { clock, random, endpoints: Arc::default() }
    }

    /// Publishes entries to webhook endpoints.
    #[must_use]
    pub fn publishing(self, settings: &WebhookSettings) -> Self {
        Self { endpoints: settings.endpoints.clone().into(), ..self }
    }

    /// Returns the endpoints that receive the events of a kind.
    #[must_use]
    pub fn publication(&self, kind: Kind) -> Publication {
        let receivers = self
            .endpoints
            .iter()
            .filter(|endpoint| event_type(kind).is_some_and(|event| endpoint.receives(event)));
        Publication { endpoints: receivers.map(|endpoint| endpoint.name.clone()).collect(), user_id: None }
    }

    /// Builds an entry to be inserted, in the transaction of its cause where there is one. `method` is how the client
    /// authenticated, or tried to.
    #[must_use]
    pub fn event(
        &self,
        kind: Kind,
        user: Option<UserId>,
        session: Option<SessionId>,
        method: &str,
        client: &Client,
    ) -> AuditEvent {
        AuditEvent {
            id: AuditId::new(&self.clock, &self.random).into(),
            at: self.clock.now().into(),
            kind,
            user_id: user.map(Into::into),
            session_id: session.map(Into::into),
            address: Some(client.address.to_canonical().to_string()),
            user_agent: client.user_agent.clone(),
            detail: serde_json::json!({ "method": method, "request": client.request_id }).to_string(),
            publication: self.publication(kind).to_column(),
        }
    }

    /// Adds a value to the detail of an entry.
    #[must_use]
    pub fn with(event: AuditEvent, name: &str, value: &str) -> AuditEvent {
        let mut detail: serde_json::Value = serde_json::from_str(&event.detail).unwrap_or_default();
        detail[name] = value.into();
        AuditEvent { detail: detail.to_string(), ..event }
    }

    /// Builds an entry about a command of the operator. There is no client. `more` is added to the detail.
    #[must_use]
    pub fn by_operator(
        &self,
        kind: Kind,
        user: impl Into<Option<UserId>>,
        more: &[(&str, &[String])],
    ) -> AuditEvent {
        let mut detail = serde_json::json!({ "method": "command_line" });
        for (name, value) in more {
            detail[*name] = serde_json::json!(value);
        }
        AuditEvent {
            id: AuditId::new(&self.clock, &self.random).into(),
            at: self.clock.now().into(),
            kind,
            user_id: user.into().map(Into::into),
            session_id: None,
            address: None,
            user_agent: None,
            detail: detail.to_string(),
            publication: self.publication(kind).to_column(),
        }
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantNames as _;

    use super::*;

    #[test]
    fn docs_list_every_event_type() {
        let page = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/webhooks.md"));
        let kinds = Kind::VARIANTS.iter().filter_map(|word| word.parse().ok());
        let types: Vec<&str> = kinds.filter_map(event_type).collect();
        assert!(!types.is_empty());
        for event in types {
            assert!(page.contains(&format!("| `{event}` |")), "docs/webhooks.md does not list {event}");
        }
    }

    #[test]
    fn docs_list_every_kind() {
        let page = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/accounts.md"));
        let (_, table) = page.split_once("| kind | what happened |\n").expect("a table of kinds");
        let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
        let words: Vec<&str> = rows.filter_map(|row| row.split('`').nth(1)).collect();
        let sorted = |words: &[&str]| {
            let mut words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
            words.sort();
            words
        };
        assert_eq!(sorted(&words), sorted(Kind::VARIANTS));
    }
}
