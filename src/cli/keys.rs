//! `menjin keys`: what signs access tokens, and a replacement for it.

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

/// Which of the two.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List the keys that are published: next, active and retiring.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make the next key, of the algorithm that is set. It is published at once and signs when everybody knows it (`tokens.jwks_max_age` later); the
    /// present one stays until its last token has ended. Nobody notices.
    Rotate {
        /// For a key in wrong administration: a new key signs at once, all others are gone, and with them every access token.
        /// Gateways notice within a minute, others when they ask for the keys again.
        #[arg(long)]
        now: bool,
        /// As JSON.
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

/// What was done, in a word for programs and a sentence for the operator.
fn told(done: Rotated, keys: &[SigningKey]) -> (&'static str, String) {
    let next = keys.iter().find(|key| key.state == KeyState::Next);
    let from =
        next.map(|key| format!("an {} key that signs from {}", key.algorithm, moment(key.activates_at)));
    let next = from.unwrap_or_else(|| "a key".into());
    match done {
        Rotated::Made => ("made", format!("the next key is made: {next}")),
        Rotated::Replaced => {
            ("replaced", format!("the next key was of another algorithm; in its place is {next}"))
        }
        Rotated::Activated => ("activated", "the next key was due and signs now".into()),
        Rotated::Waiting => ("waiting", format!("nothing was done, the next key waits already: {next}")),
        Rotated::AtOnce => ("at_once", "another key signs now, and all others are gone".into()),
    }
}

fn moment(at: Ts) -> String {
    at.0.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// What the public may see, and the times.
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
    let mut out = row(["KID", "ALGORITHM", "STATE", "SIGNS FROM", "GONE FROM"]);
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
    fn the_table_has_a_row_a_key() {
        let text = table(&[key(KeyState::Retiring, Some(120)), key(KeyState::Active, None)]);
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[1][1..], ["EdDSA", "retiring", "1970-01-01T00:01:00Z", "1970-01-01T00:02:00Z"]);
        assert_eq!(rows[2][1..], ["EdDSA", "active", "1970-01-01T00:01:00Z", "-"]);
    }

    #[test]
    fn the_document_says_nothing_secret() {
        let document = document(None, &[key(KeyState::Next, None)]);
        assert_eq!(document["keys"][0]["state"], "next");
        assert_eq!(document["keys"][0]["retiresAt"], Value::Null);
        assert_eq!(document["keys"][0].as_object().map(serde_json::Map::len), Some(6));
    }
}
