//! `menjin keys`: lists and rotates the keys that sign access tokens.

use std::process::ExitCode;

use chrono::SecondsFormat;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::out;
use crate::app::{self, StartError};
use crate::audit::{Audit, Kind};
use crate::config::Config;
use crate::core::clock::Clock;
use crate::core::random::Random;
use crate::db::models::SigningKey;
use crate::db::types::{KeyState, Ts};
use crate::sessions::Rotated;

/// The arguments of `menjin keys`.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List the published keys: next, active and retiring
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Generate the next key with the configured algorithm. It is published at once and signs when all verifiers know
    /// it (`tokens.jwks_max_age` later). The present key stays published until its last token has expired, so nobody is
    /// interrupted
    Rotate {
        /// For a compromised key: a new key signs at once, and all other keys are deleted, which invalidates all access
        /// tokens. Gateways notice within a minute, other verifiers when they fetch the keys again
        #[arg(long)]
        now: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub async fn run(config: Config, arguments: &Arguments) -> ExitCode {
    let (outcome, json) = match arguments.action {
        Action::List { json } => (app::listed_keys(&config).await.map(|keys| (None, keys)), json),
        Action::Rotate { now, json } => (rotate(&config, now).await, json),
    };
    match outcome {
        Ok((done, keys)) if json => out::say(&document(done, &keys).to_string()),
        Ok((done, keys)) => {
            if let Some(done) = done {
                out::say(&format!("{}\n", told(done, &keys).1));
            }
            out::write(&table(&keys));
        }
        Err(error) => {
            eprintln!("menjin: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

async fn rotate(config: &Config, now: bool) -> Result<(Option<Rotated>, Vec<SigningKey>), StartError> {
    let (clock, random) = (Clock::system(), Random::system());
    let order = if now { "now" } else { "next" }.to_owned();
    let audit = Audit::new(clock.clone(), random.clone()).publishing(&config.webhooks);
    let event = audit.by_operator(Kind::KeysRotated, None, &[("order", &[order])]);
    let (done, keys) = app::keys(config, &clock, &random).await?.rotate(now, &event).await?;
    Ok((Some(done), keys))
}

/// Describes what was done: a word for programs and a sentence for the operator.
fn told(done: Rotated, keys: &[SigningKey]) -> (&'static str, String) {
    let next = keys.iter().find(|key| key.state == KeyState::Next);
    let from =
        next.map(|key| format!("an {} key that signs from {}", key.algorithm, moment(key.activates_at)));
    let next = from.unwrap_or_else(|| "a key".into());
    match done {
        Rotated::Made => ("made", format!("the next key was generated: {next}")),
        Rotated::Replaced => {
            ("replaced", format!("the next key had another algorithm and was replaced: {next}"))
        }
        Rotated::Activated => ("activated", "the next key was due and is now active".into()),
        Rotated::Waiting => ("waiting", format!("nothing was changed: the next key already exists: {next}")),
        Rotated::AtOnce => ("at_once", "a new key is active, and all other keys were deleted".into()),
    }
}

fn moment(at: Ts) -> String {
    at.0.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Returns the public values of the keys and their times.
fn document(done: Option<Rotated>, keys: &[SigningKey]) -> Value {
    let key = |key: &SigningKey| {
        json!({
            "kid": key.kid,
            "algorithm": key.algorithm,
            "state": key.state.to_string(),
            "createdAt": moment(key.created_at),
            "activatesAt": moment(key.activates_at),
            "retiresAt": key.retires_at.map(moment),
        })
    };
    let mut document = json!({ "keys": keys.iter().map(key).collect::<Vec<_>>() });
    if let Some(done) = done {
        document["done"] = told(done, keys).0.into();
    }
    document
}

fn table(keys: &[SigningKey]) -> String {
    let row = |cells: [&str; 5]| {
        let [kid, algorithm, state, from, gone] = cells;
        format!("{kid:<43}  {algorithm:<9}  {state:<8}  {from:<20}  {gone}\n")
    };
    let mut out = row(["KID", "ALGORITHM", "STATE", "SIGNS FROM", "PUBLISHED UNTIL"]);
    for key in keys {
        let gone = key.retires_at.map_or_else(|| "-".into(), moment);
        out.push_str(&row([
            &key.kid,
            &key.algorithm,
            &key.state.to_string(),
            &moment(key.activates_at),
            &gone,
        ]));
    }
    out
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn key(state: KeyState, retires_at: Option<i64>) -> SigningKey {
        let at = |seconds| Ts(DateTime::from_timestamp(seconds, 0).unwrap());
        SigningKey {
            kid: "k".repeat(43),
            algorithm: "EdDSA".into(),
            state,
            private_key: b"sealed".to_vec(),
            public_jwk: "{}".into(),
            created_at: at(0),
            activates_at: at(60),
            retires_at: retires_at.map(at),
        }
    }

    #[test]
    fn the_table_has_one_row_per_key() {
        let text = table(&[key(KeyState::Retiring, Some(120)), key(KeyState::Active, None)]);
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[1][1..], ["EdDSA", "retiring", "1970-01-01T00:01:00Z", "1970-01-01T00:02:00Z"]);
        assert_eq!(rows[2][1..], ["EdDSA", "active", "1970-01-01T00:01:00Z", "-"]);
    }

    #[test]
    fn the_document_contains_no_secrets() {
        let document = document(None, &[key(KeyState::Next, None)]);
        assert_eq!(document["keys"][0]["state"], "next");
        assert_eq!(document["keys"][0]["retiresAt"], Value::Null);
        assert_eq!(document["keys"][0].as_object().map(serde_json::Map::len), Some(6));
    }
}
