//! `menjin audit`: shows the audit log.

use std::process::ExitCode;
use std::time::Duration;

use chrono::TimeDelta;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use serde_json::{Value, json};
use strum::VariantNames as _;

use super::operator::Operator;
use super::{out, table};
use crate::accounts::administration::Administration;
use crate::audit::Kind;
use crate::config::Config;
use crate::config::reader::length_of_time;
use crate::core::ids::UserId;
use crate::db::models::{AuditEvent, AuditFilter};

/// Show the audit log, newest first.
#[derive(Args)]
pub struct Arguments {
    /// Only entries of this account: id, user name, mobile number or e-mail address. For deleted accounts, use the id
    #[arg(long, value_name = "ID")]
    user: Option<String>,
    /// Only entries of this kind (docs/accounts.md lists the kinds)
    #[arg(long, value_parser = PossibleValuesParser::new(Kind::VARIANTS).try_map(|kind| kind.parse::<Kind>()),
        hide_possible_values = true)]
    kind: Option<Kind>,
    /// Only entries that are not older than this: 90m, 24h, 7d
    #[arg(long, value_name = "TIME", value_parser = length_of_time)]
    since: Option<Duration>,
    /// The maximum number of entries
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(i64).range(1..=100_000))]
    limit: i64,
    /// Print a JSON array instead of a table
    #[arg(long)]
    json: bool,
}

pub async fn run(config: Config, arguments: &Arguments) -> ExitCode {
    match show(config, arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("menjin: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn show(config: Config, arguments: &Arguments) -> Result<(), String> {
    let Operator { administration, .. } = Operator::open(config).await?;
    let user = match &arguments.user {
        Some(who) => Some(whose(&administration, who.trim()).await?),
        None => None,
    };
    let since = arguments.since.map(|length| {
        let length = TimeDelta::from_std(length).unwrap_or(TimeDelta::MAX);
        administration.clock.now().checked_sub_signed(length).unwrap_or(chrono::DateTime::UNIX_EPOCH)
    });
    let filter = AuditFilter { user, kind: arguments.kind, since, limit: arguments.limit };
    let entries = administration.db.audit_entries(&filter).await.map_err(|error| error.to_string())?;
    if i64::try_from(entries.len()) == Ok(arguments.limit) {
        eprintln!("menjin: there may be more entries; use a higher --limit");
    }
    if arguments.json {
        out::say(&entries.iter().map(entry).collect::<Value>().to_string());
        return Ok(());
    }
    let rows: Vec<_> = entries
        .iter()
        .map(|event| {
            [
                event.at.0.format("%Y-%m-%d %H:%M:%SZ").to_string(),
                event.kind.to_string(),
                event.user_id.map(|id| id.0.to_string()).unwrap_or_default(),
                event.address.clone().unwrap_or_default(),
                detail(event),
            ]
        })
        .collect();
    table::print(["WHEN", "KIND", "USER", "ADDRESS", "DETAIL"], &rows);
    Ok(())
}

/// Returns the id of the account. An id that was typed need not belong to an existing account.
async fn whose(administration: &Administration, who: &str) -> Result<UserId, String> {
    if let Some(id) = UserId::parse(who) {
        return Ok(id);
    }
    let found = administration.find(who).await.map_err(|error| error.to_string())?;
    Ok(found.ok_or("no such account; use the id to find entries of a deleted account")?.id)
}

/// Returns the details in short form, without the request id.
fn detail(event: &AuditEvent) -> String {
    let Ok(Value::Object(detail)) = serde_json::from_str(&event.detail) else {
        return String::new();
    };
    let parts = detail.iter().filter(|(name, _)| *name != "request");
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    parts.map(|(name, value)| format!("{name}={}", text(value))).collect::<Vec<_>>().join(" ")
}

fn entry(event: &AuditEvent) -> Value {
    json!({
        "id": event.id.0,
        "at": event.at.0.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
        "kind": event.kind.to_string(),
        "userId": event.user_id.map(|id| id.0),
        "sessionId": event.session_id.map(|id| id.0),
        "address": event.address,
        "userAgent": event.user_agent,
        "detail": serde_json::from_str::<Value>(&event.detail).unwrap_or_default(),
    })
}
