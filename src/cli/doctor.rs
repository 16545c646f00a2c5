//! `menjin doctor`: what is well and what is not, one line each.

use std::process::ExitCode;

use super::out;
use crate::app::{self, Health};
use crate::config::Config;
use crate::config::mode::Mode;

pub async fn run(config: Config) -> ExitCode {
    let mode = match config.mode {
        Mode::Development => "development",
        Mode::Production => "production",
    };
    out::say(&format!(
        "well   settings: {mode} mode, public address {}, issuer of tokens {}",
        config.http.public_url.as_str(),
        config.sessions.issuer
    ));
    let mut all_well = true;
    for Health { part, outcome } in app::examine(&config).await {
        match outcome {
            Ok(note) => out::say(&format!("well   {part}: {note}")),
            Err(error) => {
                all_well = false;
                out::say(&format!("FAULT  {part}: {error}"));
            }
        }
    }
    if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
