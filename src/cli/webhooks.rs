//! `menjin webhooks`: lists deliveries, sends test events, and replays deliveries.

use std::process::ExitCode;
use std::time::Duration;

use chrono::TimeDelta;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{out, store, table};
use crate::config::Config;
use crate::config::reader::length_of_time;
use crate::core::clock::Clock;
use crate::core::random::Random;
use crate::db::types::{Ts, Uid, WebhookStatus};
use crate::db::webhooks::{WebhookDelivery, WebhookFilter};
use crate::webhooks::{Attempt, WebhookClient, test_event};

/// How long the operator waits for one query.
const DEADLINE: Duration = Duration::from_secs(30);

/// List, test and replay webhooks (docs/webhooks.md).
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List deliveries, newest first.
    List {
        #[command(flatten)]
        filter: Filter,
        /// Print one JSON array instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Send a signed test event to an endpoint now and print the result.
    Test {
        /// The name of the endpoint.
        endpoint: String,
    },
    /// Send deliveries again. The event id stays the same, so the endpoint can recognize what it has already processed.
    Replay {
        #[command(flatten)]
        filter: Filter,
    },
}

/// Which deliveries.
#[derive(Args)]
struct Filter {
    /// Only deliveries of this event (`evt_…`).
    #[arg(long, value_name = "ID")]
    event: Option<String>,
    /// Only deliveries to this endpoint.
    #[arg(long)]
    endpoint: Option<String>,
    /// Only deliveries with this status.
    #[arg(long)]
    status: Option<Status>,
    /// Only deliveries that are not older than this: 90m, 24h, 7d.
    #[arg(long, value_name = "TIME", value_parser = length_of_time)]
    since: Option<Duration>,
    /// The maximum number of deliveries.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(i64).range(1..=100_000))]
    limit: i64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Status {
    Queued,
    Delivered,
    Failed,
}

impl Filter {
    fn query(&self, clock: &Clock) -> Result<WebhookFilter, String> {
        let event = self.event.as_deref().map(|text| {
            let id = Uuid::try_parse(text.strip_prefix("evt_").unwrap_or(text));
            id.map(Uid).map_err(|_| format!("{text} is not the id of an event"))
        });
        let since = self.since.map(|length| {
            let length = TimeDelta::from_std(length).unwrap_or(TimeDelta::MAX);
            Ts(clock.now().checked_sub_signed(length).unwrap_or(chrono::DateTime::UNIX_EPOCH))
        });
        let status = self.status.map(|status| match status {
            Status::Queued => WebhookStatus::Queued,
            Status::Delivered => WebhookStatus::Delivered,
            Status::Failed => WebhookStatus::Failed,
        });
        Ok(WebhookFilter {
            endpoint: self.endpoint.clone(),
            status,
            since,
            event_id: event.transpose()?,
            limit: self.limit,
        })
    }
}

pub async fn run(config: Config, arguments: &Arguments) -> ExitCode {
    let outcome = match &arguments.command {
        Command::List { filter, json } => list(&config, filter, *json).await,
        Command::Test { endpoint } => test(&config, endpoint).await,
        Command::Replay { filter } => replay(&config, filter).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("menjin: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn list(config: &Config, filter: &Filter, json: bool) -> Result<(), String> {
    let query = filter.query(&Clock::system())?;
    let db = store::open(config, DEADLINE).await?;
    let rows = db.list_webhooks(&query).await.map_err(|error| error.to_string())?;
    if json {
        out::say(&rows.iter().map(entry).collect::<Value>().to_string());
        return Ok(());
    }
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            [
                row.created_at.0.format("%Y-%m-%d %H:%M:%SZ").to_string(),
                format!("evt_{}", row.event_id.0),
                row.endpoint.clone(),
                row.event_type.clone(),
                row.status.to_string(),
                row.attempts.to_string(),
                row.last_error.clone().unwrap_or_default(),
            ]
        })
        .collect();
    table::print(["CREATED", "EVENT", "ENDPOINT", "TYPE", "STATUS", "ATTEMPTS", "LAST ERROR"], &rows);
    Ok(())
}

fn entry(row: &WebhookDelivery) -> Value {
    let time = |at: Ts| at.0.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    json!({
        "eventId": format!("evt_{}", row.event_id.0),
        "endpoint": row.endpoint,
        "type": row.event_type,
        "status": row.status.to_string(),
        "attempts": row.attempts,
        "nextAttemptAt": (row.status == WebhookStatus::Queued).then(|| time(row.next_attempt_at)),
        "lastError": row.last_error,
        "createdAt": time(row.created_at),
        "updatedAt": time(row.updated_at),
        "body": serde_json::from_str::<Value>(&row.body).unwrap_or_default(),
    })
}

async fn test(config: &Config, name: &str) -> Result<(), String> {
    let endpoints = &config.webhooks.endpoints;
    let Some(endpoint) = endpoints.iter().find(|endpoint| endpoint.name == name) else {
        let known: Vec<_> = endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
        return Err(format!("there is no endpoint {name}; configured: {}", known.join(", ")));
    };
    let (clock, random) = (Clock::system(), Random::system());
    let client = WebhookClient::new(&config.webhooks, clock.clone())?;
    let id = format!("evt_{}", uuid::Builder::from_random_bytes(random.bytes()).into_uuid());
    match client.send(endpoint, &id, &test_event(clock.now())).await {
        Attempt::Delivered { status } => {
            out::say(&format!("{id} delivered to {name}: status {status}"));
            Ok(())
        }
        Attempt::Gone => Err(format!("{name}: status 410: the endpoint does not exist any more")),
        Attempt::Failed { reason, .. } => Err(format!("{name}: {reason}")),
    }
}

async fn replay(config: &Config, filter: &Filter) -> Result<(), String> {
    if filter.event.is_none()
        && filter.endpoint.is_none()
        && filter.status.is_none()
        && filter.since.is_none()
    {
        return Err("say which deliveries: --event, --endpoint, --status or --since".into());
    }
    let clock = Clock::system();
    let query = filter.query(&clock)?;
    let db = store::open(config, DEADLINE).await?;
    let rows = db.list_webhooks(&query).await.map_err(|error| error.to_string())?;
    let mut queued = 0;
    for row in &rows {
        queued += u64::from(db.replay_webhook(row.id, clock.now()).await.map_err(|error| error.to_string())?);
    }
    out::say(&format!("{queued} deliveries queued again"));
    Ok(())
}
