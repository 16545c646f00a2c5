//! `menjin sms status`: the messages of a day and what they cost.

use std::process::ExitCode;
use std::time::Duration;

use chrono::{NaiveDate, NaiveTime};
use clap::{Args, Subcommand};
use serde_json::json;

use super::{out, store, table};
use crate::config::Config;
use crate::core::clock::{Clock, Instant};
use crate::db::sms_counters::SmsCounter;
use crate::limits::day_of;

/// How long the operator waits for one query.
const DEADLINE: Duration = Duration::from_secs(30);

/// Show the SMS budget
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the messages of a UTC day in all, per region and per prefix (a number without its last four digits)
    Status {
        /// Another day: 2026-11-27
        #[arg(long)]
        day: Option<NaiveDate>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub async fn run(config: Config, arguments: &Arguments) -> ExitCode {
    let Command::Status { day, json } = &arguments.command;
    let now = Clock::system().now();
    let day: Instant = day.map_or_else(|| day_of(now), |day| day.and_time(NaiveTime::MIN).and_utc());
    match counters(&config, day).await {
        Ok(rows) if *json => out::say(&document(&config, day, &rows)),
        Ok(rows) => show(&config, day, &rows),
        Err(error) => {
            eprintln!("menjin: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Returns the counters of the day. Those of the conversion have shorter periods, one of which begins with the day.
async fn counters(config: &Config, day: Instant) -> Result<Vec<SmsCounter>, String> {
    let db = store::open(config, DEADLINE).await?;
    let rows = db.sms_counters_of(day).await.map_err(|error| error.to_string())?;
    Ok(rows.into_iter().filter(|row| !row.scope.starts_with("conversion:")).collect())
}

fn show(config: &Config, day: Instant, rows: &[SmsCounter]) {
    let limits = &config.limits;
    out::say(&format!("{} (UTC), {}\n", day.format("%Y-%m-%d"), budget(config)));
    if rows.is_empty() {
        out::say("no messages");
        return;
    }
    let cells = |row: &SmsCounter| {
        let max = match row.scope.as_str() {
            "total" => limits.sms_daily_budget.to_string(),
            scope if scope.starts_with("prefix:") => limits.sms_guard.prefix_daily.to_string(),
            _ => String::new(),
        };
        [row.scope.clone(), row.messages.to_string(), max, money(row.money)]
    };
    table::print(["SCOPE", "MESSAGES", "OF", "COST"], &rows.iter().map(cells).collect::<Vec<_>>());
}

fn budget(config: &Config) -> String {
    let limits = &config.limits;
    format!(
        "budget: {} messages, cost {}; {}% reserved for known users",
        limits.sms_daily_budget,
        money(i64::try_from(limits.sms_daily_money.0).unwrap_or(i64::MAX)),
        limits.sms_guard.reserve
    )
}

fn document(config: &Config, day: Instant, rows: &[SmsCounter]) -> String {
    let limits = &config.limits;
    let scopes: Vec<_> = rows
        .iter()
        .map(|row| json!({ "scope": row.scope, "messages": row.messages, "cost": money(row.money) }))
        .collect();
    json!({
        "day": day.format("%Y-%m-%d").to_string(),
        "budget": {
            "messages": limits.sms_daily_budget,
            "cost": money(i64::try_from(limits.sms_daily_money.0).unwrap_or(i64::MAX)),
            "reservePercent": limits.sms_guard.reserve,
        },
        "scopes": scopes,
    })
    .to_string()
}

/// Formats ten-thousandths of the currency.
fn money(amount: i64) -> String {
    format!("{}.{:04}", amount / 10_000, amount % 10_000)
}
