//! `exportMyData`: everything that is stored about the caller, as JSON.
//!
//! Secrets are left out (the password hash, salts, digests, provider tokens), and so are messages, which are sealed and do
//! not name an account.

use chrono::SecondsFormat;
use serde_json::{Value, json};

use super::super::service::Accounts;
use crate::audit::Kind;
use crate::core::client::Client;
use crate::core::clock::Instant;
use crate::db::identities::Identity;
use crate::db::merges::Merge;
use crate::db::models::{AuditEvent, Session};
use crate::limits::ChangeKind;
use crate::outcome::Refusal;
use crate::sessions::Caller;

/// More entries than any account has within the retention time.
const ENTRIES: i64 = 10_000;

impl Accounts {
    /// Returns an indented JSON object.
    #[tracing::instrument(skip_all, fields(user = %caller.user.id))]
    pub async fn export_my_data(&self, caller: &Caller, client: &Client) -> Result<String, Refusal> {
        let user = &caller.user;
        self.kit.limits.account_change(ChangeKind::Export, &user.id.to_string()).await?;
        let session = Some(caller.session.id);
        let event = self.kit.audit.event(Kind::DataExported, Some(user.id), session, "owner", client);
        self.kit.db.record(&event).await?;
        let data = self.collect_data(caller).await?;
        serde_json::to_string_pretty(&data).map_err(|error| Refusal::Internal(error.to_string()))
    }

    async fn collect_data(&self, caller: &Caller) -> Result<Value, Refusal> {
        let user = &caller.user;
        let sessions = self.kit.db.all_sessions(user.id).await?;
        let identities = self.kit.db.identities_of(user.id).await?;
        let merges = self.kit.db.find_merges(user.id).await?;
        let activity = self.kit.db.activity(user.id, ENTRIES).await?;
        let mut account = serde_json::to_value(user).map_err(|error| Refusal::Internal(error.to_string()))?;
        account["hasPassword"] = user.password_hash.is_some().into();
        Ok(json!({
            "account": account,
            "identities": identities.iter().map(identity).collect::<Vec<_>>(),
            "merges": merges.iter().map(merge).collect::<Vec<_>>(),
            "sessions": sessions.iter().map(session).collect::<Vec<_>>(),
            "activity": activity.iter().map(entry).collect::<Vec<_>>(),
        }))
    }
}

fn moment(at: Instant) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn identity(row: &Identity) -> Value {
    json!({
        "provider": row.provider,
        "subject": row.subject,
        "unionId": row.union_id,
        "nickname": row.nickname,
        "avatarUrl": row.avatar_url,
        "email": row.email,
        "linkedAt": moment(row.linked_at.0),
        "lastUsedAt": moment(row.last_used_at.0),
    })
}

fn merge(row: &Merge) -> Value {
    json!({
        "id": row.id.to_string(),
        "keptAccount": row.kept_user_id.to_string(),
        "mergedAccount": row.merged_user_id.to_string(),
        "at": moment(row.at.0),
        "undoUntil": moment(row.undo_until.0),
        "undoneAt": row.undone_at.map(|at| moment(at.0)),
    })
}

fn session(row: &Session) -> Value {
    json!({
        "id": row.id.to_string(),
        "method": row.method,
        "remember": row.remember,
        "userAgent": row.user_agent,
        "address": row.address,
        "createdAt": moment(row.created_at.0),
        "lastUsedAt": moment(row.last_used_at.0),
        "expiresAt": moment(row.idle_expires_at.0.min(row.expires_at.0)),
        "endedAt": row.revoked_at.map(|at| moment(at.0)),
        "endReason": row.end_reason,
    })
}

fn entry(row: &AuditEvent) -> Value {
    json!({
        "at": moment(row.at.0),
        "kind": row.kind,
        "session": row.session_id.map(|id| id.0.to_string()),
        "address": row.address,
        "userAgent": row.user_agent,
        "detail": serde_json::from_str::<Value>(&row.detail).unwrap_or_default(),
    })
}
